"""What `prompt` is made of, as plain functions: slots, colours, words that painters know, lyrics, templates.

May import the ground only.
"""
