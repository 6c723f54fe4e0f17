"""What neither stack must ever be, as CrossGuard policies: one module per subject, one function per rule."""
