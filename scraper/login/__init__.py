"""Ways to sign in, one file each. A login knows how; the session knows when."""
