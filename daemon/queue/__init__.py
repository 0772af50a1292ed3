"""The queue: what is dropped, what lies where, what may run, and who runs it.

`inbox` (with names, groups, settle, mounts, watch, claim, notes) opens people's folders; `spool`,
`recovery` and `schedule` know the jobs; `workers` (with leash) runs stages in processes.

May import: stages (the table) and the ground.
"""
