"""The pages that people see in their folders. May import: approvals (people's folders), and the ground."""
