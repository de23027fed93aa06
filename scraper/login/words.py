"""What sites say when a sign-in fails, in many languages; hints that refine what an answer already shows.

A phrase stands for all its spellings: case, accents and punctuation do not matter. ``…`` stands for up to
four words, ``a/b`` for either word, ``*`` for any ending, ``$`` for the end of the sentence. What is said of
a condition or of the future, as "if your account is locked" and "will be locked", is not said of now.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from scraper.selector import Pattern

LOCKED, TOO_MANY, LATER, WRONG = "locked", "too many", "later", "wrong"
EXPIRED, STALE, CAPTCHA, TERMS, CODE = "expired", "stale", "captcha", "terms", "code"

LONGEST = 5_000
"""Characters of a text that are read; who has something to say of a sign-in says it sooner."""

_BEYOND_SPACES = "\u1100"
"""From here on are Hangul and the scripts of China and Japan, which part words otherwise or not at all."""

# Phrases parted by commas, about one line for each language.

_LOCKED = """
account/user/profile … is/was/are/been … locked/blocked/suspended/disabled/deactivated/banned/frozen/inactive
account locked/blocked/suspended/disabled/deactivated/banned, you … are/were/been … locked/blocked/banned
it is/was … locked/blocked/suspended, it has been … locked/blocked/suspended, locked out
konto/account/zugang/benutzer*/kennung/nutzer* … ist/wurde/bleibt … gesperrt/blockiert/deaktiviert
ist/wurde … konto/account/zugang/benutzer* … gesperrt/blockiert/deaktiviert, konto/account/zugang gesperrt $
konto/account/zugang/benutzer* … gesperrt/blockiert/deaktiviert ist/wurde/worden
compte/utilisateur/profil … est/été … bloqué*/verrouillé*/suspendu*/désactivé*/banni*
compte bloqué/verrouillé/suspendu/désactivé
cuenta/usuario/perfil … está/sido/fue/ha … bloquead*/suspendid*/deshabilitad*/desactivad*/inhabilitad*
se ha bloqueado … cuenta/usuario, hemos bloqueado … cuenta, cuenta bloqueada/suspendida, usuario bloqueado
conta/usuário/utilizador … está/foi/encontra … bloquead*/suspens*/desativad*, conta bloqueada/suspensa
account/utente/utenza/profilo … è/stato/stata/risulta … bloccat*/sospes*/disabilitat*/disattivat*
account bloccato/sospeso/disabilitato, utenza bloccata, utente bloccato
account/gebruiker*/profiel … is/werd … geblokkeerd/vergrendeld/gedeactiveerd/uitgeschakeld/opgeschort
account geblokkeerd/vergrendeld $
konto/użytkownik … jest/zostało/został/było … zablokowan*/zawieszon*/wyłączon*/nieaktywn*/dezaktywowan*
konto zablokowane/zawieszone
учётн*/аккаунт*/пользовател*/профил* … заблокирован*/отключен*/отключён*/приостановлен*/заморожен*
обліков*/акаунт*/користувач* … заблокован*/вимкнен*/призупинен*
hesab*/kullanıcı* … kilitlendi/kilitlenmiş*/kilitli/engellendi/engellenmiş*/bloke/askıya/dışı
konto*/användar* … är/har/blev … låst*/spärrat*/spärrats/blockerat*/blockerats/inaktiverat*/avstängt*
konto*/bruger*/bruker* … er/blev/ble/blitt … låst*/spærret/sperret/blokeret/blokkert/deaktiveret/deaktivert
tili*/käyttäjätunnu*/tunnu* … on/ovat … lukit*/estetty/jäädytetty/suljettu, tili lukittu
účet/uživatel* … je/byl … zablokován*/uzamčen*/zamčen*/deaktivován*/pozastaven*
アカウント … ロックされました/ロックされています/ロックされており/ロックしました/ロック中
アカウント … 停止されました/停止されています/停止中/無効になっています/無効化されています
アカウント … 凍結されました/凍結されています
账号/帐号/账户/帐户/用户 … 已锁定/被锁定/已冻结/被冻结/已禁用/被禁用/已停用/被停用/被封
帳號/帳戶/賬號/賬戶/用戶 … 已鎖定/被鎖定/已凍結/被凍結/已停用/被停用/被封鎖
계정/아이디/사용자 … 잠겼/잠겨/차단되었/차단됐/정지되었/정지됐/비활성화되었
تم قفل/حظر/تعليق/تعطيل/إيقاف … *حساب*, *حساب* … مقفل/محظور/معطل/موقوف/معلق
"""

_TOO_MANY = """
too many … attempts/tries/requests/logins/failures/times, exceeded … attempts/limit/number/requests
attempts … exceeded, reached … limit/maximum, rate limit*, ip … blocked/banned
try again in/after … minute*/second*/hour*/min/sec, wait … minute*/second*/hour*
zu viele … versuch*/fehlversuche*/anmeldeversuche*/anfragen/anmeldungen/logins, zu oft
in … minute*/sekunde*/stunde* erneut/wieder/noch, warten … minuten/sekunden, versuche … überschritten
trop de … tentative*/essais/demandes/requêtes/connexions/échecs, tentatives … dépassé/atteint
réessaye* dans … minute*/seconde*/heure*, patient* … minute*/seconde*
demasiad* … intento*/solicitud*/peticiones/veces/accesos, superado/excedido/alcanzado … intentos/límite
inténtalo/inténtelo/intente/vuelva … en/dentro … minuto*/segundo*/hora*, espere … minuto*/segundo*
muitas/demasiad*/excessiv* … tentativa*/pedidos/solicitaç*, excedeu/ultrapassou/atingiu … tentativas/limite
tentativas … excedid*/atingid*, tente … em/dentro/daqui … minuto*/segundo*/hora*
troppi/troppe … tentativ*/richieste/accessi/login, superato … tentativi/limite/numero
riprova* … tra/fra … minut*/second*/ore
te veel … pogingen/inlogpogingen/aanmeldpogingen/verzoeken/aanvragen, te vaak
probeer … over … minuten/minuut/seconden/uur, pogingen … bereikt/overschreden
zbyt/za wiele/dużo … prób*/żądań, przekroczono … limit*/liczbę, spróbuj … za … minut*/sekund*/godzin*
слишком много … попыт*/запрос*, превышен* … попыт*/лимит*/числ*/количеств*, попробуйте/повторите … через
забагато/багато … спроб*/запит*, перевищен* … спроб*/ліміт*, спробуйте/повторіть … через
çok fazla/sayıda … deneme*/giriş*/istek*, dakika/saniye/saat sonra … dene*, deneme … aşıldı/aştınız
för många … försök*/inloggning*/förfrågning*, försök … om … minut*/sekund*/timm*
for mange … *forsøg*/*forsøk*/login*/anmodning*, prøv … om … minut*/sekund*/time*
liian monta … yrity*/kirjautumi*, yritä … minuutin/sekunnin/tunnin
příliš mnoho … pokus*/požadav*, zkuste … za … minut*/sekund*/hodin*, překročen* … pokus*/limit*/počet
回数 … 超え/上限/多すぎ, リクエスト … 多すぎ, 分後に, 秒後に
次数过多, 次数 … 超过/上限/超限, 过于频繁, 太频繁, 操作频繁, 分钟后/小时后/秒后 … 试/登录
次數過多, 次數 … 超過/上限, 過於頻繁, 太頻繁, 分鐘後/小時後/秒後 … 試/登入
횟수 … 초과, 너무 많, 분 후 … 다시, 초 후 … 다시
عدد كبير … محاولات/المحاولات, محاولات كثيرة, الكثير … محاولات/المحاولات, تجاوزت … محاولات/الحد
حاول/المحاولة … بعد … دقيقة/دقائق/ثانية/ساعة
"""

_LATER = """
again/back later, später, späteren, plus tard, ultérieurement, más tarde, mais tarde, più tardi
later opnieuw/nog/weer, later moment/tijdstip, później, позже, позднее, пізніше, daha sonra, senare, senere
myöhemmin, později, しばらくしてから, しばらく経ってから, 時間をおいて, 後ほど, 稍后, 稍後, 稍候
나중에, 잠시 후, لاحقا
"""

_WRONG = """
incorrect, invalid, wrong, bad credentials, mismatch*, not … correct/valid/match*/recogni*/found/exist
falsch*, ungültig*, inkorrekt*, fehlerhaft*, nicht … korrekt/richtig/gefunden/überein*/erkannt
incorrect*, invalide*, erroné*, mauvais*, ne correspond*
inválid*, erróne*, no … válid*/correct*/coincide*/existe
incorret*, errad*, não … corret*/confere*/encontrad*
errat*, sbagliat*, non … valid*/corrett*/riconosciut*
onjuist*, ongeldig*, verkeerd*, niet … juist/correct/geldig/gevonden/herkend
nieprawidłow*, błędn*, niepoprawn*, nesprávn*, neplatn*, chybn*, špatn*
неверн*, неправильн*, некорректн*, невірн*, хибн*, yanlış, hatalı*, geçersiz
felaktig*, ogiltig*, fel lösenord, forkert*, ugyldig*, feil passord/brukernavn, ikke … korrekt/gyldig*/riktig
väär*, virheelli*, 正しくありません, 間違って, 誤って, 誤りがあります, 一致しません
密码 … 错误/不正确/有误/不匹配, 账号/用户名 … 错误, 密碼 … 錯誤/不正確/有誤, 帳號 … 錯誤
올바르지 않, 잘못, 일치하지 않, 틀렸, 맞지 않, خاطئ*, غير صحيح*, غير صالح*
"""

_EXPIRED = """
password/credentials has/have/is/was … expired, password expired, password must/needs … changed/reset/updated
must/need/have/required … change/reset/update/renew … password
password change … required, passwort/kennwort ist/wurde … abgelaufen, passwort/kennwort abgelaufen
passwort/kennwort muss … geändert/erneuert, müssen/musst … passwort/kennwort … ändern/erneuern
mot de passe a/est … expiré*, mot de passe expiré, mot de passe doit … changé/modifié/renouvelé
devez … changer/modifier/réinitialiser/renouveler … mot de passe
contraseña/clave ha/está … expirad*/caducad*/vencid*, contraseña/clave expirada/caducada
debe*/tiene* … cambiar/actualizar/renovar … contraseña/clave
senha/passe … expirou/expirada/caducou
deve/precisa/necessário … alterar/trocar/mudar/redefinir … senha/passe
password è … scaduta, password scaduta, deve/devi/necessario … cambiare/modificare/aggiornare … password
wachtwoord is … verlopen, wachtwoord verlopen, moet … wachtwoord … wijzigen/veranderen/vernieuwen
hasło … wygasło, ważność … hasła … wygasła, musisz … zmienić … hasło
срок действия … парол* … исте*, парол* … истек*/истёк/устарел
необходимо/нужно/должны … сменить/изменить … пароль
термін дії … парол* … закінчи*/минув, необхідно/потрібно … змінити … пароль
şifre*/parola* … süresi … dol*/geçti/bitti, şifre*/parola* … değiştirmeniz/değiştirmelisiniz/değiştirilmesi
lösenord* … har/är … gått/utgånget/löpt, måste … byta/ändra … lösenord*
adgangskode*/passord* … er/har … udløbet/utløpt, skal/må … ændre/skifte/endre/bytte … adgangskode*/passord*
salasana* … vanhentu*/umpeutu*, salasana* … vaihdettava
heslo … vypršelo/propadlo, platnost … hesla … vypršela/skončila, musíte/nutné … změnit … heslo
パスワード … 期限 … 切れ/過ぎ, パスワードを変更する必要, パスワードを変更してください
密码 … 过期, 密码 … 失效, 必须 … 修改/更改/更换 … 密码, 请修改密码
密碼 … 過期, 密碼 … 失效, 必須 … 修改/變更/更換 … 密碼, 請變更密碼
비밀번호 … 만료, 비밀번호 … 변경해야/변경하셔야
انتهت صلاحية … كلمة, *كلمة المرور … منتهية, يجب … تغيير كلمة
"""

_STALE = """
*csrf*, xsrf, forgery, authenticity token, security token, nonce, form key, session/page … expired/timed
form … expired/outdated/stale, form … out of date, submitted form … invalid, change you wanted was rejected
enable … cookies, cookies … disabled/blocked/required/enabled, cookies … not supported
sitzung … abgelaufen, formular … abgelaufen/ungültig, cookies … aktivieren/deaktiviert/erlauben
session … expiré*, formulaire … expiré*/invalide, activer/activez … cookies, cookies … désactivé*
sesión … expirad*/caducad*/expiró/caducó, formulario … expirad*/caducad*, habilite/habilita/active … cookies
sessão … expirou/expirada, formulário … expirou, ative/habilite … cookies, cookies … desativad*/bloquead*
sessione … scaduta, modulo … scaduto, abilita* … cookie*
sessie … verlopen, formulier … verlopen, cookies … inschakelen
sesja … wygasła, formularz … wygasł, włącz … cookies/ciasteczk*
сесси* … истек*, форм* … устарел*, включите … cookie*/куки
сесі* … закінчи*/минул*, увімкніть … cookie*/куки, oturum* … süre* … dol*, çerez* … etkin*
session* … gått, aktivera … cookies, session*/sesjon*/økt* … udløbet/utløpt, aktiver … cookies
istunto* … vanhentu*/päätty*, relace … vypršela, povolte … cookies
セッション … 切れ/タイムアウト/無効, クッキー … 有効
会话 … 过期/失效, 表单 … 过期, 页面 … 过期, 启用 … cookie
會話 … 過期, 工作階段 … 過期/逾時, 啟用 … cookie
세션 … 만료, 쿠키를, انتهت … *جلسة, *جلسة … انتهت
"""

_CAPTCHA = """
*captcha*, not a robot, you are human, you re human, are a human, human verification
characters/text/code/letters/numbers/word* … image/picture, characters … see/shown
kein/keine roboter/maschine, zeichen/code/text … bild, pas un robot, caractères/code/texte … image
no soy/eres/es un robot, caracteres/código/texto … imagen/imagem, não sou/é um robô
non sono/sei un robot, caratteri/codice/testo … immagine, geen robot, tekens/code … afbeelding
nie jestem/jesteś robotem, kod/znaki … obrazka, nejsem/nejste robot, kód/znaky … obrázku
не робот, код/символы/текст … картинк*/изображени*, код/символи … зображен*/картинк*
robot olmad*, robot değilim, resimdeki, inte en robot, ikke en robot, ikke er en robot, en/et ole robotti
ロボットではありません, ロボットではない, 画像認証, 画像に表示
人机验证, 图形验证码, 图片验证码, 不是机器人, 滑块, 人機驗證, 圖形驗證碼, 不是機器人
로봇이 아닙니다, 자동입력, 자동 입력, 보안문자, 보안 문자, لست روبوت*, لست برنامج
"""

_TERMS = """
accept/agree/accepting/agreeing … terms/conditions/policy/agreement/eula/tos, terms … acceptance
updated/new … terms, updated/new … privacy policy
nutzungsbedingungen/bedingungen/agb/datenschutz* … zustimmen/zu/akzeptier*/annehmen/aktualisiert/geändert
akzeptiere*/stimme* … nutzungsbedingungen/bedingungen/agb/datenschutz*, neue nutzungsbedingungen
accepte* … conditions/cgu/politique/charte, acepta*/acepto … términos/condiciones/política
aceita*/aceito/concord* … termos/condições/política, accett* … termini/condizioni/informativa
accepteer*/akkoord … voorwaarden/privacybeleid/algemene, voorwaarden … accepteren/akkoord
akceptuj*/zaakceptuj … regulamin*/warunki/politykę, прин*/соглас* … услови*/соглашени*/правил*/политик*
приймаю/прийняти/погодж* … умов*/правил*, koşul*/sözleşme* … kabul, godkänn* … villkor*
accepter*/godkend*/godta* … vilkår*/betingelser*/handelsbetingelser, hyväksy* … *ehto*/*ehdot
souhlas*/přij* … podmín*, 利用規約 … 同意, 規約に同意, 同意 … 条款/协议/條款/協議/政策
이용약관 … 동의, 약관에 동의, *اوافق/الموافقة/قبول … الشروط/شروط
"""

_CODE = """
two/2/multi factor/step, 2fa, mfa*, second factor*, one time code/password/passcode, otp*, authenticator
verification/authentication/security/login code, digit code, code … sent, security key, passkey
approve … sign/login/request/phone
zwei faktor*, zweiter faktor, zweistufig*, einmal*, bestätigungscode, sicherheitscode, verifizierungscode
deux facteurs/étapes, double authentification, code … vérification/sécurité/authentification, usage unique
dos factores/pasos, código … verificación/seguridad/autenticación
dois fatores, duas etapas, código … verificação, due fattori/passaggi, codice … verifica/sicurezza
twee stappen, tweestaps*, tweefactor*, verificatiecode
dwuskładnikow*, dwuetapow*, kod weryfikacyjny, kod … jednorazowy
dvoufázov*, dvoufaktor*, jednorázov*, ověřovací kód
двухфактор*, двухэтап*, код подтверждения, одноразов*, двофактор*, код підтвердження
iki faktör*, iki adım*, iki aşamalı, doğrulama kodu
tvåfaktor*, tvåsteg*, engångskod*, tofaktor*, totrins*, totrinn*, engangskode*, bekræftelseskode
kaksivaihei*, vahvistuskoodi, 二段階認証, 2段階認証, 二要素認証, 認証コード, 確認コード, ワンタイム
两步验证, 双重验证, 双因素, 短信验证码, 动态口令, 動態密碼, 兩步驟驗證, 雙重驗證
2단계 인증, 이중 인증, 인증번호, 인증 코드, *مصادقة الثنائية, رمز التحقق, خطوتين
"""

_DOUBTS = """
if, or, unless, whether, before, when, will, may/might/could/can/would be, after … … is/are, after too many
falls, wenn, sofern, oder, ob, bevor, bis, wird, nach … … ist/sind, nach zu vielen
si votre/le/vous/su/tu/la/el/ha/l, ou, avant, sera*, serait, risque, lorsque, après … est, après trop
o su/tu/la/el/esta, o bien, antes, después … está, tras demasiad*, después de demasiad*
se a/o/sua/seu/você/esta, caso, após … está, após muitas
se il/l/la/hai, o l/il/account/utente, oppure, sarà, verrà, prima, dopo … è, dopo troppi
als uw/je/het/u, of uw/je/het, indien, wordt, zal, voordat, na … is, na te veel
jeśli, jeżeli, lub, albo, czy, zostanie, będzie, zanim, pokud, jestliže, nebo, bude, než
если, или, либо, будет, прежде, якщо, або, чи, буде, eğer, veya, ya da
om kontot/ditt/du, eller, kommer, innan, hvis, dersom, vil, blir, bliver, for kontoen/din, jos, tai, ennen
もし, または, 場合, 如果, 若, 或, 将被/将会/会被/将锁/将自, 將被/將會/會被/將鎖
또는, 혹은, 경우, إذا, أو, سيتم, قبل
"""

_PARTS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
_SENTENCE = re.compile(r"[^.!?:;。！？：；؟]+[.!?:;。！？：；؟]*")


def says(kind: str, text: str) -> bool:
    """Whether `text` says of now what `kind` stands for; questions and conditions do not count."""
    return any(_states(kind, sentence) for sentence in _sentences(text[:LONGEST]))


def _states(kind: str, sentence: str) -> bool:
    """Whether `sentence` says it beyond doubt; what is in doubt the first time is so each time after that."""
    hit = _compile(_KINDS[kind]).search(sentence)
    return hit is not None and (kind in _PLAIN or not _doubts.search(sentence, 0, hit.end()))


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences of `text` that are no questions, folded."""
    for sentence in _SENTENCE.findall(text):
        if not sentence.endswith(("?", "？", "؟")):
            yield _fold(sentence)


def _fold(text: str) -> str:
    """Return `text` without case, accents and punctuation."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_PARTS))
    bare = "".join(part for part in parts if unicodedata.category(part)[0] != "M")
    return " ".join(re.findall(r"[^\W_]+", bare))


@cache
def _compile(table: str) -> Pattern:
    """Read a table when something is first looked for in it: most runs judge no answer to a sign-in."""
    phrases = (phrase.split() for phrase in table.replace("\n", ",").split(","))
    return re.compile("|".join(_phrase(words) for words in phrases if words))


def _phrase(words: list[str]) -> str:
    is_spaced = max("".join(words).replace("…", "")) < _BEYOND_SPACES
    gap, space = (r"(?:\w+ ){0,4}?", " ") if is_spaced else (r".{0,12}?", " ?")
    parts = (gap if word == "…" else "$" if word == "$" else _either(word) + space for word in words)
    pattern = "".join(parts).replace(f"{space}$", "$").removesuffix(space)
    return rf"\b{pattern}\b" if is_spaced else pattern


def _either(word: str) -> str:
    choices = (r"\w*".join(map(_fold, choice.split("*"))) for choice in word.split("/"))
    return f"(?:{'|'.join(choices)})"


_KINDS = {
    LOCKED: _LOCKED,
    TOO_MANY: _TOO_MANY,
    LATER: _LATER,
    WRONG: _WRONG,
    EXPIRED: _EXPIRED,
    STALE: _STALE,
    CAPTCHA: _CAPTCHA,
    TERMS: _TERMS,
    CODE: _CODE,
}
_PLAIN = frozenset((LATER, WRONG, TERMS, CODE))
"""What no doubt takes back: "user name or password is wrong"."""

_doubts = _compile(_DOUBTS)
