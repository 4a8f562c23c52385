"""What a cost says about memory: what is kept, what is read and written, how much is alive at one time."""
