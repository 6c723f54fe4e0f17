"""CrossGuard policies for the stacks: one module for each subject, one function for each rule."""
