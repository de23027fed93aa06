"""Real applications, with logins nobody here wrote, that the tests sign in to."""
