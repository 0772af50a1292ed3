"""What `prompt` is made of, as plain functions: slots, colours, words that painters know, lyrics, templates.

May import film (its colours) and the ground.
"""
