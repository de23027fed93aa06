"""The words from which the catalogue of the practice site is put together."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CATEGORIES = (
    "Art & Design",
    "Biography",
    "Children’s Books",
    "Cookery",
    "Crime",
    "Fiction",
    "History",
    "Music",
    "Nature",
    "Poetry",
    "Science",
    "Travel",
)

ADJECTIVES = _words("""
    Amber Ancient Borrowed Broken Careful Crooked Distant Drowned Electric Empty Faithful Forgotten
    Frozen Gentle Gilded Hidden Hollow Honest Imaginary Invisible Last Lonely Lucky Midnight Narrow
    Northern Ordinary Painted Patient Quiet Reluctant Restless Salted Second Silent Silver Sleeping
    Stubborn Unfinished Wandering
""")

NOUNS = _words("""
    Almanac Apprentice Archive Atlas Beekeeper Bell Bridge Cartographer Clock Comet Compass Diary
    Echo Engine Feather Ferry Fox Garden Glass Harbour Heron Island Kitchen Ladder Lantern Letter
    Library Lighthouse Locksmith Map Market Mirror Moth Orchard Owl Paper Piano Planet Quarry
    Railway Recipe River Salt Shadow Sparrow Staircase Station Stone Storm Sugar Tailor Telescope
    Thread Tide Violin Watchmaker Weather Window Winter Wolf
""")

PLACES = (
    "Málaga",
    "Zürich",
    "Łódź",
    "São Tomé",
    "Besançon",
    "Reykjavík",
    "Orkney",
    "Trieste",
    "Lisbon",
    "the Faroes",
    "Göteborg",
    "Samarkand",
    "Whitby",
    "Montréal",
    "Hull",
    "Valparaíso",
)

TITLES = (
    "The {adjective} {noun}",
    "The {adjective} {noun}",
    "A {adjective} {noun} in {place}",
    "{noun} & {other}",
    "{noun}, {other} and the {adjective} {third}",
    "The {noun} of {place}",
    "“{adjective} {noun}” and Other Stories",
    'The {noun} They Called "{adjective}"',
    "{given}’s {noun}",
    "Letters from {place}: A {adjective} {noun}",
    "What the {adjective} {noun} Knew",
    "The {noun}, the {other}, and {given}",
    "How to Mend a {noun}",
    "Notes on the {noun} <and Its {other}>",
)

GIVEN_NAMES = _words("""
    Amara Anaïs Björn Chidi Dolores Edith Emeka Fiona François Grete Hiroshi Ines Ivo José Kateřina
    Leila Maeve Mihai Noor Oluwaseun Petra Quentin Rosalind Søren Tomás Uma Viktor Wanda Yusuf Zoë
""")

FAMILY_NAMES = _words("""
    Abara Ashdown Björnsdóttir Castellano Dvořák Ellery Fairweather García Hallam Ibarra Jansen
    Kowalska Lindqvist MacLeod Núñez O’Brien Okafor Pettigrew Quayle Rahman Sato Szabó Thistlewood
    Underhill Vasquez Whitlock Yıldız Zeller
""")

PUBLISHERS = (
    "Corvid & Sons",
    "Harbour Street Press",
    "Little Anvil Books",
    "Meridian House",
    "Éditions du Phare",
    "The Tin Whistle Press",
)

LANGUAGES = ("English", "English", "English", "English", "French", "German", "Spanish")

TAGS = (
    "award winner",
    "book club",
    "debut",
    "family",
    "friendship",
    "gift",
    "illustrated",
    "local author",
    "long read",
    "love",
    "new in paperback",
    "out of the ordinary",
    "prize list",
    "re-read",
    "sea",
    "signed copy",
    "slow burn",
    "staff pick",
    "translated",
    "war & peace",
    "winter",
    "work",
)

SENTENCES = (
    "When the {noun} of {place} is found one morning without its {other}, nobody thinks to ask {given}.",
    "For eleven years {given} has kept a {adjective} {noun} under the stairs and told no one what it is for.",
    "This is the story of a {adjective} {noun}, the people who wanted it, and the one who did not.",
    "In the {adjective} streets of {place} a {noun} is worth more than a promise, and rather easier to keep.",
    "The author spent two winters in {place} learning how a {noun} is made, and wrote it all down.",
    "With photographs, three maps and a chapter on the {other} that has never been printed before.",
    "It begins with a letter, a {noun} and a debt; it ends, as such things do, at a railway station.",
    "{given} is {adjective}, broke and entirely certain, which is how the trouble starts.",
    "Nothing in the history of the {noun} has been argued over so long, or with so little evidence.",
    "Part memoir and part manual, it is as useful in a kitchen as it is beside a bed.",
    "A {noun} can be mended, {given} says, if one knows which part of it was ever whole.",
    "The second edition corrects the dates & adds an index; the {adjective} jokes are left as they were.",
    "Readers of the first volume will remember the {other}, and will be glad to know that it comes back.",
    "By the time the {noun} reaches {place}, half the town has a theory and the other half has a share.",
    "What follows is not a mystery, quite, though somebody does go missing and there is a {adjective} dog.",
    "No one has written better about the smell of a {noun} after rain.",
)

OPINIONS = (
    "I read it in two evenings and then lent it to my sister, who has not given it back.",
    "The middle hundred pages could have been a {noun} shorter, but the ending is worth the walk.",
    "Everyone calls it {adjective}, & for once everyone is right.",
    "My copy came with a bent corner; the shop replaced it within the week.",
    "I wanted to like it more than I did. The {noun} never convinced me.",
    "Our book club argued about {given} until they closed the pub.",
    "Lovely paper, clear type, and a ribbon. The text is good too.",
    "Not for children, whatever the cover says.",
    "I have been to {place}, and this is exactly what it is like in February.",
    "It made me miss my stop twice.",
)
