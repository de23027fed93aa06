"""What labels, addresses and programmers call signing out and destroying, in over twenty languages."""

# Phrases parted by commas, about one line for each language. Case, accents and punctuation do not matter.

SIGN_OUT = """
logout, log out, log off, logoff, log me out, sign out, signout, sign off, signoff, sign me out, disconnect
end session, endsession, single logout, singlelogout, singlelogoutservice, frontchannel logout
abmelden, abmeldung, ausloggen, sitzung beenden
déconnexion, déconnecter, se déconnecter, déconnectez vous, me déconnecter, fermer la session, fermer session
cerrar sesión, cerrar la sesión, finalizar sesión, desconectar, desconectarse, desconexión, desloguear
terminar sessão, encerrar sessão, finalizar sessão, sair da conta, fazer logout, deslogar, desconectar se
disconnetti, disconnettiti, disconnessione, scollegati, termina sessione, chiudi sessione
uitloggen, afmelden, log uit, loguit, meld af, meld je af
logga ut, loggaut, logga av, utloggning
logg ut, loggut, logg av, logg deg ut
log ud, logud, log af, logaf
kirjaudu ulos, uloskirjautuminen, uloskirjaudu
wyloguj, wyloguj się, wylogowanie, wylogować, zakończ sesję
odhlásit, odhlásit se, odhlášení, odhlásiť, odhlásiť sa, odhlásenie
выйти из аккаунта, выйти из системы, выйти из профиля, выход из системы, завершить сеанс, разлогиниться
вийти з акаунта, вийти із системи, вихід із системи, завершити сеанс
oturumu kapat, oturumu sonlandır, çıkış yap, güvenli çıkış, hesaptan çık, üye çıkış, üye çıkışı
ログアウト, ログアウトする, ログオフ, サインアウト, サインアウトする
退出登录, 退出登錄, 退出登陆, 登出, 注销, 註銷, 安全退出, 退出账号, 退出帐号, 退出系统
로그아웃, 로그아웃하기, 로그 아웃
تسجيل الخروج, تسجيل خروج, الخروج من الحساب, خروج از حساب
αποσύνδεση, kijelentkezés, deconectare, delogare, отписване от системата, odjava, odjavi se
tanca la sessió, tancar sessió, itxi saioa, pechar sesión, đăng xuất, ออกจากระบบ, log keluar
התנתק, התנתקות, लॉग आउट, लॉगआउट, atsijungti, iziet, logi välja, skrá út
"""

# These sign out as a label; in an address they may name the going-out pages of a newspaper.
EXIT = """
salir, sair, esci, выход, выйти, вихід, вийти, изход, çıkış, çık, 退出, خروج, الخروج, keluar, έξοδος, ieșire
kilépés, יציאה
"""

# These need both, a label and an address.
LEAVE = "exit, quit, leave, bye, goodbye, beenden, quitter, wyjście, wyjdź"

DELETE = """
delete, destroy, erase, purge, wipe, revoke, terminate, deactivate, unsubscribe, unlink, close account
close my account, close your account, cancel account, cancel my account, cancel membership
cancel subscription, cancel my subscription, cancel plan, cancel order, cancel booking, cancel reservation
empty cart, empty basket, empty trash, clear cart, clear basket
löschen, loeschen, kündigen, abbestellen, deaktivieren, stornieren, warenkorb leeren
supprimer, suppression, effacer, désabonner, se désabonner, désinscrire, se désinscrire, désactiver, résilier
eliminar, borrar, suprimir, darse de baja, dar de baja, cancelar suscripción, cancelar cuenta
excluir, apagar, deletar, cancelar assinatura, cancelar inscrição, descadastrar, encerrar conta
elimina, eliminare, cancella, cancellare, disiscriviti, annulla iscrizione, annulla abbonamento
verwijderen, verwijder, wissen, uitschrijven, opzeggen, abonnement opzeggen
radera, avprenumerera, avregistrera, avsluta konto, säg upp
slett, slette, avslutt abonnement, meld av, si opp
slet, afmeld, afmeld nyhedsbrev, opsig
poista tili, poista käyttäjä, tuhoa, peruuta tilaus, lopeta tilaus
usuń, usuwanie, skasuj, wypisz się, anuluj subskrypcję
smazat, vymazat, zmazať, vymazať, odhlásit odběr, zrušit účet, zrušit odběr
удалить, удаление, стереть, отписаться, отменить подписку
видалити, вилучити, стерти, відписатися, скасувати підписку
sil, silmek, aboneliği iptal et, abonelikten çık, hesabı kapat
削除, 削除する, 消去, 退会, 退会する, 配信停止, 購読解除, 解約, アカウント削除, アカウントを削除
删除, 刪除, 删除账号, 删除帐号, 删除账户, 刪除帳號, 注销账号, 注销账户, 退订, 取消订阅, 取消訂閱, 清空购物车
삭제, 삭제하기, 계정 삭제, 계정삭제, 회원탈퇴, 회원 탈퇴, 탈퇴, 탈퇴하기, 구독 취소, 수신거부, 수신 거부
حذف, احذف, حذف الحساب, إلغاء الاشتراك
διαγραφή, törlés, töröl, leiratkozás, șterge, dezabonare, изтриване, изтрий, obriši, izbriši
xóa, ลบ, hapus, מחק, מחיקה, हटाएं, हटाएँ, esborra, suprimeix, ezabatu, ištrinti, dzēst, kustuta, eyða
"""

# These also take a filter off a list.
REMOVE = """
remove, discard, entfernen, retirer, enlever, quitar, remover, rimuovi, rimuovere, ta bort, tabort
fjern, fjerne, poista, odstranit, odstrániť, odebrat, убрать, прибрати, kaldır, 移除, 제거, 제거하기, إزالة
"""

# Too short to mean much alone: only as a command, or before a number.
TERSE = "del, rm, trash"

# What a deed is done to, so that "delete this post" is one too.
OBJECTS = """
a an the this that my your our all selected from of to it and now here permanently forever confirm yes
account accounts profile user users member customer session sessions device devices other everywhere
post posts comment comments message messages item items entry entries record row file files image photo
picture page article address card order review reply topic thread note notes document list project product
cart basket wishlist favorites favourites bookmark subscription newsletter alert token tokens repository
securely safely site website web admin administrator
konto benutzer beitrag nachricht kommentar eintrag datei artikel dieses diesen diese mein meine aus dem
ein eine einen warenkorb von allen geräten alle compte mon ce cet cette commentaire le la les du panier de l
cuenta mi este esta mensaje comentario carrito del conta minha mensagem comentário carrinho do da
il mio questo messaggio commento dal carrello mijn dit deze bericht reactie uit winkelwagen
mitt inlägg meddelande kundvagn från melding kommentaren fra min besked indlæg kurv
tili viesti kommentti ostoskorista to moje wiadomość komentarz z koszyka tento účet zprávu komentář košíku
аккаунт сообщение комментарий запись из корзины акаунт повідомлення коментар запис з кошика
hesabı hesabımı mesajı yorumu sepetten 계정 댓글 메시지 글 الحساب الرسالة التعليق
"""

# What programs add: btn-logout, logout.php, j_spring_security_logout, Spezial:Abmelden, fa-trash-o.
TECHNICAL = """
btn button link icon icons ico nav navbar menu menuitem dropdown header footer top bar sidebar toolbar js form
submit action actions handler do ajax api url href text small danger warning id ids auth authentication
security oauth sso saml openid cas fa fas far fal bi mdi ti glyphicon alt o variant outline outlined solid
regular fill filled line is has u c test testid qa data single multiple bulk modal dialog trigger target
php php5 asp aspx jsp jsf jspx html htm xhtml cgi pl py cfm ashx json xml svc png gif svg jpg webp go j spring
special spezial spécial especial speciale speciaal specjalna служебная service perform process request object
"""

# What programmers write together: deletepost, btnlogout.
STEMS = "logout logoff signout signoff delete remove destroy unsubscribe"
AFFIXES = """
link btn button icon form url user account acc myaccount item items post comment message file page action all
do session product cart entry record image photo topic row id handler confirm selected on auth
"""

# Icons, which say something where there are no words.
ICONS = """
trash, trashcan, trash can, trash2, trash3, trash bin, bin, garbage, power off, box arrow right
arrow right from bracket
"""

# /wiki/Logout and /commands/delete are pages about the word.
TOPICS = """
tag tags tagged topic topics label labels hashtag category categories wiki help docs documentation manual man
faq kb support questions guide guides tutorials howto glossary dictionary dict word words define definition
translate translation search commands command methods functions operators statements keywords reference sql
cli verbs lexikon wörterbuch thema stichwort schlagwort tema etiqueta mot diccionario dictionnaire artist
artists album track title
"""

FACETS = """
facet facets filter filters refine refinement refinements constraint constraints applied layered currently
"""

COMMANDS = """
action act do cmd command op operation mode task method func function event a m page p view route r accion
acao azione aktion go controller module mod sub submit option case step perform file pg section
"""

# Orders that change something, where they are the value of a command: action=spamcomment.
CHANGES = """
" spam unspam trash untrash approve unapprove activate deactivate disable enable suspend unsuspend ban
unban block unblock sortasc sortdesc moveup movedown dismiss publish unpublish archive unarchive
spamcomment trashcomment approvecomment unapprovecomment
"""

ARTICLES = "a an the der die das le la les el los il lo un une una"
