"""What the kinds of questions are made of: reading their keys, and the blocks of their answers."""
