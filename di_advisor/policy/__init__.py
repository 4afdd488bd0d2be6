"""When to act, and how an account stands: triggers, policies, a monitor over accounts, measures."""
