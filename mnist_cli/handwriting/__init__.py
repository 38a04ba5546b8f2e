"""A picture of somebody's handwriting -> the MNIST format, step by named step."""
