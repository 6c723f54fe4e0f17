"""A model of what `pulumi up` would make of a program: resources, order, times and cost, without an account."""
