"""What the AWS day must never be, as CrossGuard policies: one module per subject, one function per rule."""
