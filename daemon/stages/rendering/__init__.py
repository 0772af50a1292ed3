"""What `render` is made of: which pictures are wanted, what a redo's note changes, people's own pictures.

May import film and the ground.
"""
