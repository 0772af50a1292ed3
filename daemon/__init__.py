"""dropreel: drop a song, approve the pictures, collect a film cut on the music.

The floors (imports point down only; tests/test_floors.py holds it):

    __main__  cli  commands            commands; errors become sentences
    service                            the coordinator: every fact, every move
    web  approvals                     ways in, like the command line
    queue                              inbox, spool, recovery, schedule, workers
    stages                             the pipeline table and its verbs
    audio  video  film  music  backends
    rules rulebook settings places sidecars job names durable events errors log      the ground
"""

__version__ = "0.1.0"
