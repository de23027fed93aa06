"""CSS selectors of every kind that soupsieve knows, in the words of the page that they are tried on."""

from __future__ import annotations

TAGS_AND_NAMES = r"""
*
a
p
ARTICLE
h1, h2, h3
.price
.price_color
p.price
.product_pod.wide
#main
div#content_inner
#content_inner .price_color
li.next
.a\.b
#\31 st
.\6d ain
a:not(.next)
"""

ATTRIBUTES = """
[href]
[HREF]
a[title]
[title=Two]
[title="Two words"]
[class~=star-rating]
[class|=star]
[lang|=en]
[href^=http]
[href$=".html"]
[href*="cat"]
[href^=""]
[href$='']
[title~='two words']
[title!=Two]
input[type=TEXT]
[type="text" s]
[title="two" i]
[class="product_pod wide"]
[class^=product]
[class$="wide"]
[rel=next]
[rel="nofollow next"]
link[rel=stylesheet]
[data-x="it's"]
[data-x='say "it"']
[method=POST]
[*|href]
[xml|lang]
meta[name="description" i][content]
"""

COMBINATORS = """
article p
article > p
h3 > a
ul li a
h2 + p
h2 ~ p
li + li
li ~ li
div > ul > li > a
article h3 + div .price_color
section article:first-child > p ~ div
th + td
div div div
.a .b, .b .a, a
a, a, h3 a
:scope > body
:scope
:scope a
:scope > body > *
body > :scope
& > body
html|a
*|a
|a
svg|a
"""

PLACES = """
:first-child
li:first-child
li:last-child
:only-child
p:first-of-type
p:last-of-type
li:only-of-type
:first-of-type
.price:last-of-type
li:nth-child(2)
li:nth-child(odd)
li:nth-child(even)
li:nth-child(3n+1)
li:nth-child(-n+2)
li:nth-child(n+2)
li:nth-child(-2n+5)
li:nth-child(0n+1)
li:nth-child(0)
li:nth-child(5n-2)
li:nth-last-child(2)
li:nth-last-child(-n+2)
li:nth-last-child(2n)
p:nth-of-type(2)
p:nth-last-of-type(2n+1)
*:nth-of-type(2)
:nth-child(2 of li, p)
:nth-child(1 of .price)
:nth-last-child(1 of .price)
tr td:nth-child(2)
:root
:root > body
:not(:root)
:empty
p:empty
"""

LISTS = """
:is(h1, h2, h3)
:is(article, section) > :is(h3, p)
:where(.price, .price_color)
:matches(p, a)
:is()
:is(a, )
:not(p)
:not(p, a, li)
:not(article p)
:not(.price):not(a)
p:not([class])
:not(:is(a, p) + *)
:has(a)
li:has(> a)
article:has(> p.price)
h2:has(+ p)
h2:has(~ p)
:has(> p, + p)
li:not(:has(a))
:has(:is(h3, h2))
article:has(.price_color):has(h3)
"""

TEXTS = """
:-soup-contains("Two")
p:-soup-contains("in stock", "Two")
:-soup-contains-own("Two")
li:-soup-contains-own('One', "Two")
a:contains("Two")
a:-soup-contains("")
th:-soup-contains("UPC") + td
p:-soup-contains("it's")
:lang(en)
:lang("*-US", fr)
p:lang(de)
:dir(ltr)
p:dir(rtl)
"""

STATES = """
:link
a:any-link
:checked
option:checked
:default
:disabled
:enabled
:required
:optional
:read-only
:read-write
:placeholder-shown
:indeterminate
:in-range
:out-of-range
:defined
:open
:muted
:hover
a:visited
:focus-within
:target
p:is(:hover, .price)
input:not(:disabled)
:is(input, button):enabled:not([type=hidden])
"""

SELECTORS = tuple(
    selector
    for group in (TAGS_AND_NAMES, ATTRIBUTES, COMBINATORS, PLACES, LISTS, TEXTS, STATES)
    for selector in group.strip().splitlines()
)

PAGE = """<!DOCTYPE html><html lang=en-US><head><title>Two</title><meta name=Description content="x">
<link rel="stylesheet" href=/s.css><style>p { color: red }</style><script>var a = "Two";</script></head>
<body><!-- a comment --><div id=main class="a b"><div id=content_inner><section><h2>One</h2><p>Two words</p>
<p class=price>3</p><article class="product_pod  wide"><p class="star-rating Three"></p>
<h3><a href="catalogue/a.html" title="Two words">Two</a></h3><div><p class=price_color>1</p>
<p class="price in">in stock</p></div></article>
<article class=product_pod><h3><a title=Two href="http://x/">it's
</a></h3><p class=price lang=de>2</p><p dir=rtl>אב</p></article></section>
<ul><li><a href=/1>One</a><li class=price>Two <b>x</b><li>
<li class=next><a rel="nofollow  next" href=?p=2>next</a>
<li class="a.b" id=1st>5</ul><ul><li>only</ul><table><tr><th>UPC</th><td>a1</td></tr><tr><td>1<td>2<td>3
</table>
<p class=main data-x="it's">q</p><p data-x='say "it"'></p><a name=x class=next rel=next>no link</a>
<form method=post><fieldset disabled><legend><input name=l></legend><input type=text name=a required>
<select><option selected>1<option>2</select></fieldset><input type=TEXT placeholder=p>
<input type=checkbox checked>
<input type=radio name=r><input type=radio name=r>
<input type=number min=1 max=3 value=5>
<input type=number min=1 value=2><textarea readonly></textarea><button>go</button><input type=hidden disabled>
<progress></progress></form><details open>d</details><video muted></video><iframe src=/f>Two</iframe>
<x-tag>c</x-tag><fb:like href=/like>f</fb:like><svg><a href=/svg><circle/></a></svg><p lang=fr>fr</p><p> </p>
</div></div></body></html>"""
