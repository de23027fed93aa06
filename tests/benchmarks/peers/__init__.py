"""Those that crawl the benchmark site, each as its own documentation does such a thing."""
