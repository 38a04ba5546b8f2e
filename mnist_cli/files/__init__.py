"""Files that nobody vouches for: opened, told apart and unpacked safely, written whole or not."""
