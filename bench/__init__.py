"""Speed, measured: `make bench`, `make soak` and the simulation of a large day. Not part of the product."""
