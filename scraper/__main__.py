"""``python -m scraper``."""

import sys

if __name__ == "__main__":
    try:
        from scraper.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()
