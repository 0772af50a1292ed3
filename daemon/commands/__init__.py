"""The commands, one small module a group, imported only when called. Each function takes the parsed
options and returns an exit code. May import everything; whoever only looks imports as little as it can."""
