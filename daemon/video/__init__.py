"""Moving pictures and their sound, as files: probing and decoding, by PyAV and soundfile, never by ffprobe.

May import: the ground.
"""
