"""The MNIST files and the book's weights, fetched and verified."""
