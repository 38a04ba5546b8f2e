"""The page of `mnist draw`: one HTML file that draws, reads and shows, with nothing outside it."""
