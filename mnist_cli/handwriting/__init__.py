"""A picture of somebody's handwriting -> MNIST format, step by named step."""
