"""The ways in which people decide: the desk in review/, and requests of the command line.

Each of them ends in `sidecars.Decision` values; `merge` keeps the last word on each picture, `gate`
says whether that is enough. May import: the ground, and backends.
"""
