"""Many taxpayers: accounts stream in, proposals stream out; joint size, blocks, and a desk that looks at all of them."""
