"""A first spider for a site, proposed from its pages: the way in, the rows, their fields, the next page."""

from scraper.propose.curl import Curl, read_curl
from scraper.propose.door import Door, door_of, is_drawn_by_script, ways_to_door
from scraper.propose.draft import Draft, call, compiled, quoted
from scraper.propose.fields import Field, fields_of
from scraper.propose.listing import Fetch, Listing, best_listing, listing_of
from scraper.propose.marks import member_mark
from scraper.propose.names import class_name, name_of_site, singular, snake
from scraper.propose.table import table_of

__all__ = [
    "Curl",
    "Door",
    "Draft",
    "Fetch",
    "Field",
    "Listing",
    "best_listing",
    "call",
    "class_name",
    "compiled",
    "door_of",
    "fields_of",
    "is_drawn_by_script",
    "listing_of",
    "member_mark",
    "name_of_site",
    "quoted",
    "read_curl",
    "singular",
    "snake",
    "table_of",
    "ways_to_door",
]
