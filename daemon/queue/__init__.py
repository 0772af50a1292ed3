"""The queue: what is dropped (inbox), where jobs lie (spool), what a crash left (recovery), which may run
(schedule), and the processes that run them (workers).

May import: stages and below; never the coordinator, the approvals or the pages.
"""
