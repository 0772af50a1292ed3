"""What `sync` is made of: what it reads, one film made and verified, what lies beside it."""
