"""Policies as code: CrossGuard rules for the Pulumi program, and the policies of API Management."""
