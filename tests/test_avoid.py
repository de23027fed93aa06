"""What signs out or destroys is told apart from what leads to a page."""

from urllib.parse import quote, urljoin

import lxml.html
import pytest

from examples.site import READER, pages
from examples.site.catalogue import CATALOGUE, page_of
from scraper.avoid import why_avoid

SITE = "https://shop.example"


def link(html: str, url: str = "/x/17") -> str | None:
    """Why not to follow this link."""
    element = lxml.html.fragment_fromstring(f"<div>{html}</div>").find(".//*[@href]")
    return why_avoid(element, urljoin(SITE, element.get("href") or url))


def labelled(text: str, url: str = "/x/17") -> str | None:
    """Why not to follow a link with this text."""
    return link(f'<a href="{url}">{text}</a>')


def address(path: str) -> str | None:
    """Why not to go to this path of the site."""
    return why_avoid(None, SITE + path)


def form(html: str, selector: str = "form", url: str = "/x/17") -> str | None:
    """Why not to send this form, or press this button of it."""
    element = lxml.html.fragment_fromstring(f"<div>{html}</div>").find(f".//{selector}")
    return why_avoid(element, SITE + url)


# Words

SIGN_OUT = {
    "en": "Log out|Logout|Log Out|LOG OFF|Sign out|Sign-out|Signout|Sign off|Log out of all devices",
    "de": "Abmelden|abmelden|Ausloggen|Abmeldung|Logout",
    "fr": "Déconnexion|Se déconnecter|DECONNEXION|Me déconnecter|Fermer la session",
    "es": "Cerrar sesión|cerrar sesion|Salir|Desconectar|Cerrar la sesión",
    "pt": "Sair|Terminar sessão|Encerrar sessão|Sair da conta",
    "it": "Esci|Disconnetti|Disconnettiti|Scollegati",
    "nl": "Uitloggen|Afmelden|Log uit",
    "sv": "Logga ut|Logga av",
    "no": "Logg ut|Logg av",
    "da": "Log ud|Log af",
    "fi": "Kirjaudu ulos|Uloskirjautuminen",
    "pl": "Wyloguj|Wyloguj się|WYLOGUJ SIE",
    "cs": "Odhlásit|Odhlásit se|Odhlaseni",
    "sk": "Odhlásiť sa",
    "ru": "Выйти|Выход|ВЫЙТИ|Выйти из аккаунта",
    "uk": "Вийти|Вихід",
    "tr": "Çıkış yap|Çıkış|Oturumu kapat|ÇIKIŞ YAP|cikis yap",
    "ja": "ログアウト|サインアウト|ログアウトする",
    "zh": "退出登录|退出|登出|注销|安全退出",
    "ko": "로그아웃|로그아웃하기",
    "ar": "تسجيل الخروج|خروج",
    "el": "Αποσύνδεση|Έξοδος",
    "hu": "Kijelentkezés|Kilépés",
    "ro": "Deconectare|Ieșire",
    "vi": "Đăng xuất",
    "th": "ออกจากระบบ",
    "id": "Keluar",
    "he": "התנתק",
    "hi": "लॉग आउट",
    "hr": "Odjava|Odjavi se",
    "ca": "Tanca la sessió",
}
DELETE = {
    "en": "Delete|Remove|Delete account|Delete this post|Remove from cart|Unsubscribe|Close my account",
    "de": "Löschen|LÖSCHEN|Loeschen|Konto löschen|Entfernen|Abbestellen|Beitrag löschen",
    "fr": "Supprimer|Supprimer mon compte|Se désabonner|Retirer du panier|Effacer",
    "es": "Eliminar|Borrar|Eliminar cuenta|Darse de baja|Quitar del carrito",
    "pt": "Excluir|Apagar|Remover|Excluir conta|Cancelar assinatura",
    "it": "Elimina|Cancella|Rimuovi|Elimina account|Disiscriviti",
    "nl": "Verwijderen|Verwijder|Account verwijderen|Uitschrijven",
    "sv": "Radera|Ta bort|Radera konto|Avprenumerera",
    "no": "Slett|Fjern|Slett konto",
    "da": "Slet|Fjern|Slet konto|Afmeld nyhedsbrev",
    "fi": "Poista|Poista tili",
    "pl": "Usuń|Usuń konto|usun|Wypisz się",
    "cs": "Smazat|Odstranit|Smazat účet",
    "ru": "Удалить|Удалить аккаунт|Отписаться",
    "uk": "Видалити|Відписатися",
    "tr": "Sil|Hesabı sil|Kaldır",
    "ja": "削除|削除する|退会|配信停止",
    "zh": "删除|刪除|注销账号|退订",
    "ko": "삭제|계정 삭제|회원탈퇴",
    "ar": "حذف|حذف الحساب|إلغاء الاشتراك",
}


@pytest.mark.parametrize(("language", "labels"), [*SIGN_OUT.items(), *DELETE.items()])
def test_labels_in_many_languages_are_avoided(language, labels):
    missed = [label for label in labels.split("|") if labelled(label) != f"its text says {label!r}"]
    assert missed == []


@pytest.mark.parametrize(
    "html",
    [
        "<a href=/x><i class=icon></i>\n  Sign out\n</a>",
        "<a href=/x>Logout [ alice ]</a>",
        "<a href=/x>Log out (alice)</a>",
        "<a href=/x>» Abmelden</a>",
        "<a href=/x>🗑Delete</a>",
        "<a href=/x>[remove]</a>",
        "<a href=/x title='Sign out'>alice</a>",
        "<a href=/x aria-label='Delete this post'><svg></svg></a>",
        "<a href=/exit>Exit</a>",
        f"<a href=/x><svg><path d='{'M1 2' * 500}'/></svg> Sign out</a>",
    ],
)
def test_a_label_may_be_dressed_up(html):
    assert "says" in link(html)


# Marks for programs


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<a href=/x rel=logout>Bye</a>", "rel=logout"),
        ("<a href=/users/5 data-method=delete>Bye</a>", "data-method=delete"),
        ("<a href=/users/5 data-turbo-method=DELETE>Bye</a>", "data-turbo-method=delete"),
        ("<a href=/users/5 hx-delete=/users/5>Bye</a>", "it has hx-delete"),
        ("<a href=/x data-confirm='Are you sure?'>Archive</a>", "it asks for confirmation"),
        ("<a href=/x onclick=\"return confirm('Sure?')\">Archive</a>", "it asks for confirmation"),
        ("<a href=/x class='nav-link logout'>Alice</a>", "its class is logout"),
        ("<a href=/x class=btn-sign-out>Alice</a>", "its class is btn-sign-out"),
        ("<a href=/x class=deletelink>Alice</a>", "its class is deletelink"),
        ("<a href=/x id=logoutBtn>Alice</a>", "its id is logoutBtn"),
        ("<a href=/x data-action=delete>Alice</a>", "its data-action is delete"),
        ("<a href=/x data-testid=sign-out-link>Alice</a>", "its data-testid is sign-out-link"),
        ("<a href=/x><i class='fa fa-trash-o'></i></a>", "its picture is fa-trash-o"),
        ("<a href=/x><i class='fas fa-sign-out-alt'></i></a>", "its picture is fa-sign-out-alt"),
        (
            "<a href=/x><svg><use href='/i.svg#icon-trash'></use></svg></a>",
            "its picture is /i.svg#icon-trash",
        ),
        ("<a href=/x><img src=/img/delete.png></a>", "its picture is /img/delete.png"),
        ("<a href=/x><img src=/img/5.png alt='Log out'></a>", "its picture says 'Log out'"),
    ],
)
def test_marks_for_programs_are_read(html, reason):
    assert link(html) == reason


# Addresses

ADDRESSES = """
/logout /logout/ /log-out /log_out /logoff /LogOff /signout /sign_out /sign-out /users/sign_out
/abmelden /deconnexion /auth/logout /accounts/logout/ /logout.php /user/logout.do /Account/LogOff
/account/SignOut /cdn-cgi/access/logout /.auth/logout /oauth2/sign_out /oauth/revoke /session/destroy
/sessions/end-session /protocol/openid-connect/logout /realms/x/endsession /saml/SingleLogoutService.php
/j_spring_security_logout /wiki/Special:UserLogout /wiki/Spezial:Abmelden /logout/confirm
/login/logout.php?sesskey=8ab /users/sign_out.json /wp-login.php?action=logout&_wpnonce=1a2b /?logout=1
/?logout /index.php?logout=true /doku.php?id=start&do=logout
/index.php?option=com_users&task=user.logout /index.php?route=account/logout /index.php?r=site/logout
/index.php?title=Special:UserLogout /main?cmd=signout /ucp.php?mode=logout&sid=1
/?q=user/logout&m=logout /index.php?accion=salir /user-logout /account/logoutUser /d%C3%A9connexion
/odhl%C3%A1sit /wyloguj /cerrar-sesion /delete/5 /posts/5/delete /posts/my-post/delete
/books/5/delete/confirm /admin/library/book/5/delete/ /del/5 /remove/5 /cart/remove/17
/remove-from-cart/17 /delete-account /account/delete /deleteAccount /DeletePost.aspx
/item.php?action=delete&id=5 /wp-admin/post.php?post=5&action=trash /?remove_item=0a1b /cart?delete=5
/a?op=remove /account/close-account /unsubscribe/abc /unsubscribe?u=5 /subscription/cancel-subscription
/konto/löschen /?act=del&id=4 /artikel/5/loeschen /post/5/supprimer /articulo/5/eliminar
/tag/delete?id=5 /wiki/Logout.jsp /oauth/disconnect/github /comments/5/destroy /user/deactivate
/api/v1/items/5/delete /удалить /?page=logoff /list?action=page.delete.do&id=4
/zone.php?section=delete&id=5 /?action=deleteAcc
"""


def test_known_addresses_are_avoided():
    assert [path for path in ADDRESSES.split() if not address(path)] == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/users/sign_out", "its path is /users/sign_out"),
        ("/wp-login.php?action=logout&_wpnonce=1a2b", "its parameter action=logout"),
        ("/?logout=tokentoken", "its parameter logout"),
    ],
)
def test_the_reason_names_the_sign_but_no_token(path, reason):
    assert address(path) == reason


# Forms and buttons


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<form id=logout-form></form>", "its id is logout-form"),
        ("<form><button>Log out</button></form>", "of its button its text says 'Log out'"),
        ("<form><input type=submit value=Delete></form>", "of its button its text says 'Delete'"),
        ("<form><input type=hidden name=_method value=DELETE></form>", "its field _method=DELETE"),
        ("<form><input type=hidden name=action value=logout></form>", "its field action=logout"),
        ("<form><button name=delete value=5>Go</button></form>", "its button sends delete"),
        ("<form><button name=op value=delete>Go</button></form>", "its button sends op=delete"),
        ("<form><button class=delete>Go</button></form>", "of its button its class is delete"),
        ("<form><button><i class=fa-trash></i></button></form>", "of its button its picture is fa-trash"),
        ("<form><button>Save</button><button>Delete</button></form>", None),
        ("<form><input type=search name=q><button>Search</button></form>", None),
        ("<form id=login><input type=hidden name=action value=login><button>Sign in</button></form>", None),
        ("<form><input type=hidden name=next value=/logout><button>Sign in</button></form>", None),
    ],
)
def test_a_form_is_judged_with_its_first_button(html, reason):
    assert form(html) == reason


def test_a_form_is_judged_by_its_address():
    assert form("<form method=post></form>", url="/admin/logout/") == "its path is /admin/logout/"


def test_a_button_is_judged_by_itself_and_by_its_form():
    html = "<form>{}<button id=a>Save</button><button>Delete</button></form>"
    assert form(html.format(""), "button[@id]") is None
    assert form(html.format(""), "button[2]") == "of its button its text says 'Delete'"
    assert (
        form(html.format("<input type=hidden name=do value=delete>"), "button[@id]") == "its field do=delete"
    )


# What is no deed

ORDINARY_LABELS = """
The Long Goodbye|How to log out of your life|Delete Me|Exit poll results|Salir de fiesta|Remove filter
Sign in|Log in|Login|Sign up|Register|Home|Next|Previous|Next page »|2|…|Search|Help|About us|Contact
Privacy|Cart|Basket (3)|Checkout|Check out|Your account|My account|Account settings|Orders|Order history
Wish list|The Purge|The Delete Key|Delete: The Virtue of Forgetting|Sign-out sheet
Sign-off meeting notes|Log of the ship|The Logout Song|Logged Off|Signs|Signing off from Kyiv
Out of Africa|Log Horizon|Delete key|Undelete|Deleted scenes|Removed|Remove red filter|Clear all filters
Clear|Reset|Cancel|Close|Dismiss|Back|Edit|Save|Print|Share|Download|Cancellation policy
Cancellations and returns|Refunds|Unsubscribed?|How to unsubscribe|Deletion requests|Erasure
The Art of Deletion|Death by Deletion|Sign of Four|Signal|Sign language|Log cabin|Catalogue|Blog
Logistics|Logos|Outlook|Outlet|Workout|Takeout|Layout|Cookout|Fallout|Sold out|Time out|Opt-out|Dropout
Exit|Quit|Leave|Goodbye|Exit West|Brexit|Quitters|Exit strategy|No Exit|Exit Through the Gift Shop
Quit smoking|Bye Bye Birdie|Fire exit|Destroyer|Search and Destroy|Seek & Destroy|Eraserhead
Terminator 2|The Terminator|Wiper blades|Wipes|Baby wipes|Trash|Trash metal|White Trash|Recycle bin
Bin Laden|Waste bins|Garbage (band)|Power|Power off grid|Box|Abmeldebestätigung
Wohnsitz abmelden: so geht's|Löschfahrzeug|Kündigungsschutz|Entfernung|Feuer löschen|Salir por Madrid
Salir a cenar|Dónde salir|Sair à noite|Museo del Prado|Del mar|Casa del libro|Eliminatorias
La Déconnexion heureuse|Droit à la déconnexion|Suppression des trains|Le supprimer|Quitter la ville
Sortie|Выходные|Выход на пенсию|Входы и выходы|Удалённая работа|Çıkış noktası|Sıla|Silivri|Exit-Umfrage
Sletten|Slette ut|退出江湖|登出高山|注销公司流程
削除された動画|ログアウトできない時は|삭제된 장면|로그아웃의 역사|خروج آمن من الأزمة
"""

ORDINARY_ADDRESSES = """
/ /books /books/5-delete-me /news/how-to-logout-everywhere /blog/sign-out-scandal
/blog/delete-facebook-now /books/the-long-goodbye /articles/why-we-log-out /2024/05/logout-day
/news/exit-poll-results /guia/salir-de-fiesta /salir /salir/restaurantes /es/sair /exit /bye /quit
/leave /login /login?next=/logout /signin?return_to=%2Flogout /accounts/login/?next=/books/5/delete/
/sign_up /sign-in /signup /register /account /accounts/5 /account/sessions /search?q=logout
/search?q=delete+account /?s=sign+out /search?query=remove /books?sort=delete /books?tag=delete
/books?logout=0 /cart?delete= /books?show_deleted=1 /books?deleted=false /items?filter=removed /?page=2
/?p=17 /wiki/Logout /tag/logout /tags/delete /docs/commands/delete /reference/delete /dictionary/delete
/topics/unsubscribe /help/delete-account /support/cancel-subscription /questions/tagged/logout
/index.php?title=Delete /wiki/Delete_key /undelete /deleted /removed-items /logged-out /logouts
/catalogue /catalog/logs /log /logs /sign /signs /out /off /signature /signoffs/5 /checkout /layout
/timeout /workout/5 /blog/logos /cms/blogout /museo/del/prado /del-mar /noticias/del-dia /casa/del /sil
/orgs/sil /rm /trash /trash-metal /cancel /close /clear /reset /filter/remove-red-x
/downloads/uninstall-guide /destroyer /terminator /movies/the-terminator /revoked /wipes /purge-2013
/music/eraserhead /t/how-do-i-log-out/5 /threads/cannot-delete-my-account.512/
/questions/17/how-to-delete-a-git-branch /a/b/c/d /faq#logout /books/17?ref=logout-page
/p/delete-your-account-a-memoir /books/sign-off-sheet.pdf /forms/sign-out-sheet.pdf /commands/npm-logout
/api/fn.remove_file_at.html /news/unsubscribe-wave-hits-netflix /docs/api/logout-endpoint-reference
/category/remove-before-flight
"""


def test_ordinary_labels_are_followed():
    labels = ORDINARY_LABELS.strip().replace("\n", "|").split("|")
    assert len(labels) > 150
    assert {label: why for label in labels if (why := labelled(label))} == {}


def test_ordinary_addresses_are_followed():
    addresses = ORDINARY_ADDRESSES.split()
    assert len(addresses) > 100
    assert {path: why for path in addresses if (why := address(path))} == {}


@pytest.mark.parametrize(
    "html",
    [
        "<h3><a href=/books/5>Delete</a></h3>",
        "<cite><a href=/books/5>Sign Out</a></cite>",
        "<a rel=tag href=/t/5>logout</a>",
        "<a itemprop=name href=/books/5>Destroy</a>",
        "<a href=/docs/commands/delete>DELETE</a>",
        "<a href=vec.html#method.remove>remove</a>",
        "<a href=/books/5#delete-dialog>Delete</a>",
        "<ul class=active-filters><li><a href=/books class=remove>Remove</a></ul>",
        "<div id=facets><a href=/books aria-label=Remove>Red</a></div>",
        "<a href=/bins/5 class=card><i class=fa-trash></i> Waste bins</a>",
        "<a href=/books/5 data-title='Delete'>A book</a>",
        "<a href=/books/5 title='How to sign out of your life'>A book</a>",
        "<a href=/books/5 class='is-deleted can-delete-none removed'>A book</a>",
        "<a href=/books/5><img src=/covers/delete-me.jpg alt='Delete Me'></a>",
    ],
)
def test_titles_tags_and_filters_are_followed(html):
    assert link(html) is None


@pytest.mark.parametrize("url", ["http://[", "https://shop.example", "https://shop.example?logout", "", "x"])
def test_any_address_gets_an_answer(url):
    assert why_avoid(None, url) in (None, "its parameter logout")


def test_an_escaped_address_is_the_same_address():
    assert address("/выйти-из-системы")
    assert address(f"/{quote('выйти-из-системы')}")


# Whole sites


def links_of(content: bytes, url: str) -> list[tuple[lxml.html.HtmlElement, str]]:
    tree = lxml.html.document_fromstring(content)
    return [(element, urljoin(url, element.get("href"))) for element in tree.iter("a", "area")]


def practice_pages():
    lists = [page for n in range(1, 51) if (page := page_of(CATALOGUE.books, n))]
    yield from (pages.book_list(READER, page, "All books", "/books") for page in lists)
    yield from (pages.book(READER, book) for book in CATALOGUE.books[::10])
    yield from (pages.search(READER, "the"), pages.account(READER), pages.home(READER))
    yield pages.message(READER, "Thank you", "Thank you.")


def test_of_the_practice_site_only_the_logout_link_is_avoided():
    links = [pair for content in practice_pages() for pair in links_of(content, f"{SITE}/books")]
    avoided = {url: why for element, url in links if (why := why_avoid(element, url))}
    assert len(links) > 5000
    assert avoided == {f"{SITE}/logout": "its path is /logout"}
