"""Images, pictures and folders -> what the net says of each."""
