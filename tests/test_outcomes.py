"""What the answer to a submitted login form means, and what pages ask a person for."""

from __future__ import annotations

import html
import json
import re
from types import SimpleNamespace
from urllib.parse import quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scraper import Response
from scraper.errors import (
    AccountLocked,
    CaptchaRequired,
    CodeRejected,
    CodeRequired,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    PasswordExpired,
    RateLimited,
    TermsRequired,
)
from scraper.forms import Form
from scraper.login import reading, words
from scraper.login.asks import asks_for_code, asks_for_consent, asks_for_new_password
from scraper.login.captcha import captcha_in, captcha_on
from scraper.login.complaints import alerts_of, complaint, headings_of, news, quoted
from scraper.login.outcomes import Submitted, person_needed, refusal
from scraper.login.words import CAPTCHA, CODE, EXPIRED, LATER, LOCKED, STALE, TERMS, TOO_MANY, WRONG, says
from scraper.redact.values import EVERYDAY
from tests.outcome_cases import CASES, PLAIN, Case, saying
from tests.pages import Counted, page

LOGIN = "https://shop.example/login"
SPOKEN = re.sub(r"\[\[|\]\]", "", PLAIN)
LOG_OUT = "<a href=/logout>Log out</a>"
LONG = "<p>Something to read. " * 100
EMAIL_FORM = (
    "<form id=who method=post action=/login/id><input name=email type=email><button>Next</button></form>"
)
NEWSLETTER = (
    "<form id=news method=post action=/news><input name=email type=email><button>Subscribe</button></form>"
)
CODE_FORM = (
    "<h1>Two-step verification</h1><form method=post action=/login/code>{said}<label>Code <input name=code "
    "inputmode=numeric autocomplete=one-time-code maxlength=6></label><button>Verify</button></form>"
)


def sent_from(before: str, filled: str = "username password", **options: object) -> Submitted:
    """What was submitted from a page: its first form with these fields."""
    names = frozenset(filled.split())
    first = page(before, LOGIN)
    form = next(form for form in first.forms() if names <= set(form.names))
    return Submitted(first, form, names, **options)  # type: ignore[arg-type]


def outcome(
    after: str | Response,
    before: str = saying(PLAIN, ""),
    filled: str = "username password",
    **options: object,
) -> LoginError | None:
    landing = page(after, LOGIN) if isinstance(after, str) else after
    return refusal(sent_from(before, filled, **options), landing)


def landed(content: str, *, status: int = 200, headers: dict[str, str]) -> Response:
    """The answer to a submit, with these headers."""
    return Response(
        LOGIN, status=status, content=content.encode(), headers={"Content-Type": "text/html", **headers}
    )


def answer(case: Case) -> Response:
    return landed(case.after, status=case.status, headers={"Content-Type": case.type, **case.headers})


def form(content: str, rest: str = "") -> Form:
    return page(f"<form method=post action=/login>{content}</form>{rest}", LOGIN).forms()[0]


# What well-known software answers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.software)
def test_what_software_answers_is_told_apart(case: Case):
    error = refusal(sent_from(case.before, case.filled), answer(case))
    assert (type(error) if error else None) is case.expected
    assert case.quoted in str(error or "")


def test_there_are_answers_of_many_programs_and_of_every_kind():
    assert len(CASES) >= 60
    assert {case.expected for case in CASES} == {
        *(None, LoginRejected, AccountLocked, RateLimited, LoginUnavailable, CaptchaRequired, PasswordExpired)
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.software)
def test_the_page_of_the_form_itself_has_no_words_that_say_more_than_that_it_came_back(case: Case):
    error = refusal(sent_from(case.before, case.filled), page(case.before, LOGIN))
    assert type(error) is LoginRejected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.software)
def test_what_is_secret_is_not_quoted(case: Case):
    secrets = [word for word in re.findall(r"\w+", case.quoted) if len(word) > 3]
    error = refusal(sent_from(case.before, case.filled, secrets=secrets), answer(case))
    said = "".join(re.findall("“.*”", str(error))).lower()
    assert [secret for secret in secrets if secret.lower() in said] == []
    assert "***" in said or not secrets


@pytest.mark.parametrize("case", [case for case in CASES if case.expected], ids=lambda case: case.software)
def test_a_message_says_where_what_and_what_to_do_and_carries_the_answer(case: Case):
    landing = answer(case)
    error = refusal(sent_from(case.before, case.filled), landing)
    assert error is not None
    assert error.response is landing
    assert re.fullmatch(rf"{LOGIN} [a-z].*[.!?…]”? [A-Z].*\.", str(error))


# Words, in many languages

SENTENCES = {
    LOCKED: """
        Your account has been locked.|This account is locked after too many wrong passwords.
        Account locked|Your account has been temporarily disabled due to too many attempts.
        You have been locked out.|User is blocked|Ihr Konto wurde gesperrt.
        Ihr Benutzerkonto ist gesperrt|Dieses Konto ist deaktiviert.|Konto gesperrt.
        Leider ist Ihr Zugang gesperrt.|Votre compte a été bloqué.|Ce compte est désactivé.
        Compte verrouillé|Su cuenta ha sido bloqueada.|Tu cuenta está suspendida.
        Se ha bloqueado temporalmente su cuenta|A sua conta foi bloqueada.|Sua conta está suspensa
        Il tuo account è stato bloccato.|L'utente risulta disabilitato|Uw account is geblokkeerd.
        Account vergrendeld|Twoje konto zostało zablokowane.|Konto jest zawieszone
        Ваша учётная запись заблокирована.|Пользователь заблокирован|Ваш обліковий запис заблоковано
        Hesabınız kilitlendi.|HESABINIZ KİLİTLENMİŞTİR|Hesabınız askıya alındı|Ditt konto är låst.
        Kontot har spärrats|Din konto er blevet spærret.|Kontoen din er låst|Brukeren er sperret
        Tilisi on lukittu.|Käyttäjätunnuksesi on väliaikaisesti suljettu|Váš účet byl zablokován.
        アカウントがロックされました。|このアカウントは停止されています。|您的账号已被锁定，请联系管理员
        该用户已被禁用|您的帳號已被鎖定|계정이 잠겼습니다.|아이디가 정지되었습니다|تم قفل حسابك.
        حسابك معطل
        """,
    TOO_MANY: """
        Too many login attempts.|Too many requests|You have exceeded the maximum number of attempts
        Try again in 5 minutes.|Zu viele Anmeldeversuche.|Bitte versuchen Sie es in 5 Minuten erneut.
        Trop de tentatives de connexion.|Veuillez réessayer dans 30 secondes
        Demasiados intentos fallidos.|Ha superado el número de intentos|Muitas tentativas de login.
        Tente novamente em 10 minutos|Troppi tentativi di accesso.|Riprova tra 15 minuti
        Te veel mislukte inlogpogingen.|Probeer het over 5 minuten opnieuw
        Zbyt wiele nieudanych prób logowania.|Слишком много попыток входа.
        Попробуйте снова через 5 минут|Забагато невдалих спроб|Çok fazla başarısız deneme.
        5 dakika sonra tekrar deneyin|För många inloggningsförsök.|Försök igen om 5 minuter
        For mange mislykkede loginforsøg.|For mange forsøk|Prøv igjen om 10 minutter
        Liian monta yritystä.|Příliš mnoho pokusů o přihlášení.|Zkuste to znovu za 5 minut
        ログイン試行回数の上限を超えました。|10分後にお試しください|登录尝试次数过多
        操作过于频繁，请稍后再试|請於5分鐘後再試|로그인 시도 횟수를 초과했습니다.
        5분 후에 다시 시도하세요|محاولات كثيرة جدا|حاول مرة أخرى بعد 5 دقائق
        """,
    LATER: """
        Please try again later.|Bitte versuchen Sie es später noch einmal.|Réessayez plus tard.
        Inténtelo más tarde.|Tente mais tarde.|Riprova più tardi.|Probeer het later opnieuw.
        Spróbuj ponownie później.|Повторите попытку позже.|Спробуйте пізніше.|Daha sonra tekrar deneyin.
        Försök igen senare.|Prøv igjen senere.|Yritä myöhemmin uudelleen.|Zkuste to později.
        しばらくしてからもう一度お試しください|请稍后再试|請稍後再試|나중에 다시 시도하세요|حاول لاحقا
        """,
    EXPIRED: """
        Your password has expired.|You must change your password before you can go on.
        Your password must be changed|Ihr Passwort ist abgelaufen.|Sie müssen Ihr Kennwort ändern.
        Votre mot de passe a expiré.|Vous devez changer votre mot de passe.|Su contraseña ha caducado.
        Debe cambiar su contraseña|Sua senha expirou.|Você precisa alterar sua senha
        La tua password è scaduta.|Devi cambiare la password|Uw wachtwoord is verlopen.
        Twoje hasło wygasło.|Срок действия пароля истёк.|Необходимо сменить пароль
        Термін дії пароля закінчився|Şifrenizin süresi doldu.|Ditt lösenord har gått ut.
        Din adgangskode er udløbet.|Passordet ditt har utløpt|Salasanasi on vanhentunut.
        Platnost vašeho hesla vypršela.|パスワードの有効期限が切れています。|您的密码已过期
        您的密碼已過期|비밀번호가 만료되었습니다.|انتهت صلاحية كلمة المرور
        """,
    STALE: """
        CSRF verification failed.|Your session has expired, please try again.|Please enable cookies.
        Invalid CSRF token|This form is out of date, was sent twice, or is not yours.
        Ihre Sitzung ist abgelaufen.|Votre session a expiré.|Su sesión ha expirado.|Sua sessão expirou.
        La sessione è scaduta.|Uw sessie is verlopen.|Twoja sesja wygasła.|Ваша сессия истекла.
        Oturum süreniz doldu.|Sessionen har gått ut.|Din session er udløbet.|Istunto on vanhentunut.
        Relace vypršela.|セッションの有効期限が切れました|会话已过期|세션이 만료되었습니다|انتهت الجلسة
        """,
    CAPTCHA: """
        The reCAPTCHA was not valid.|Please confirm that you are not a robot.
        Type the characters you see in the image|Bestätigen Sie, dass Sie kein Roboter sind.
        Je ne suis pas un robot|No soy un robot|Não sou um robô|Non sono un robot|Ik ben geen robot
        Nie jestem robotem|Я не робот|Ben robot değilim|Jag är inte en robot|Jeg er ikke en robot
        En ole robotti|Nejsem robot|私はロボットではありません|请完成人机验证|請輸入圖形驗證碼
        로봇이 아닙니다|أنا لست روبوتا
        """,
    TERMS: """
        Please accept the new terms of service.|I agree to the Terms and Conditions
        We have updated our terms|Bitte stimmen Sie den Nutzungsbedingungen zu.
        J'accepte les conditions d'utilisation|Acepto los términos|Aceito os termos de uso
        Accetto i termini|Ik ga akkoord met de voorwaarden|Akceptuję regulamin
        Я принимаю условия соглашения|Приймаю умови|Kullanım koşullarını kabul ediyorum
        Jag godkänner villkoren|Jeg godtar vilkårene|Hyväksyn käyttöehdot|Souhlasím s podmínkami
        利用規約に同意する|我同意服务条款|이용약관에 동의합니다
        """,
    CODE: """
        Two-factor authentication|2-step verification|Enter the verification code
        Bestätigungscode eingeben|Zwei-Faktor-Authentifizierung|Code de vérification
        Código de verificación|Verificação em duas etapas|Verifica in due passaggi|Verificatiecode
        Uwierzytelnianie dwuskładnikowe|Код подтверждения|Doğrulama kodu|Tvåfaktorsautentisering
        Engangskode|Kaksivaiheinen tunnistus|Dvoufázové ověření|二段階認証|短信验证码|인증번호
        """,
    WRONG: """
        Invalid user name or password.|The password is incorrect|Falsches Kennwort
        Mot de passe incorrect|La contraseña no es válida|Senha incorreta|La password non è corretta
        Onjuist wachtwoord|Nieprawidłowe hasło|Неверный пароль|Hatalı şifre|Felaktigt lösenord
        Forkert adgangskode|Väärä salasana|Nesprávné heslo|パスワードが正しくありません|用户名或密码错误
        비밀번호가 올바르지 않습니다|كلمة المرور غير صحيحة
        """,
}


def sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in re.split(r"[|\n]", text) if sentence.strip()]


@pytest.mark.parametrize("kind", SENTENCES)
def test_words_are_understood_in_many_languages(kind: str):
    assert [sentence for sentence in sentences(SENTENCES[kind]) if not says(kind, sentence)] == []


NOT_NOW = """
    Your account will be locked after 2 more attempts.|You have 2 attempts left.
    Your account may be locked.|After 3 failed attempts your account is locked.
    If your account has been locked, contact us.|Account locked?
    You have one more attempt before your account is locked.|Wrong password, or your account is locked.
    Too many wrong passwords will lock your account.
    It looks like JavaScript is disabled in your browser.
    The account sign-in was incorrect or your account is disabled temporarily.
    Password login is disabled.|Nach 3 Fehlversuchen wird Ihr Konto gesperrt.
    Noch 2 Versuche, bevor Ihr Konto gesperrt ist.|Nach drei Fehlversuchen ist Ihr Konto gesperrt.
    Falls Ihr Konto gesperrt ist, rufen Sie uns an.|Passwort falsch oder Konto ist gesperrt.
    Votre compte sera bloqué après 3 tentatives.|Si votre compte est bloqué, contactez-nous.
    Su cuenta será bloqueada.|Si su cuenta está bloqueada, llame.|A sua conta será bloqueada.
    Se a sua conta está bloqueada, ligue.|Il tuo account sarà bloccato.
    Se il tuo account è bloccato, scrivici.|Uw account wordt geblokkeerd.
    Als uw account is geblokkeerd, bel ons.|Twoje konto zostanie zablokowane.
    Jeśli konto jest zablokowane, zadzwoń.|Учётная запись будет заблокирована.
    Если аккаунт заблокирован, напишите нам.|Hesabınız kilitlenecek.|Kontot kommer att låsas.
    Kontoen vil bli låst.|Tilisi lukitaan.|Účet bude zablokován.|アカウントはロックされます。
    アカウントがロックされている場合は|再输错2次，账号将被锁定|再輸錯2次，帳號將被鎖定|계정이 잠깁니다.
    سيتم قفل حسابك|Forgot your password?|Change your password regularly.
    Your password reset link has expired.|Password expired?|Passwort vergessen?
    Haben Sie Ihr Passwort vergessen?|We never ask for your password.
    """


def test_what_is_said_of_a_condition_or_the_future_is_not_said_of_now():
    kinds = (LOCKED, EXPIRED)
    assert [it for it in sentences(NOT_NOW) if any(says(kind, it) for kind in kinds)] == []


@pytest.mark.parametrize("said", sentences(NOT_NOW))
def test_a_hint_at_what_may_come_leaves_a_wrong_password_a_wrong_password(said: str):
    assert type(outcome(saying(SPOKEN, said))) is LoginRejected


def test_an_error_of_the_site_itself_is_no_wrong_password():
    said = "An error occurred. Please try again later."
    assert type(outcome(saying(SPOKEN, said))) is RateLimited


# The form that came back


def test_a_form_that_came_back_without_a_word_was_rejected():
    assert "with the same form again. Check user name" in str(outcome(saying(PLAIN, "")))


def test_where_only_the_user_name_came_back_it_is_rejected():
    error = outcome(
        f"<p class=error>No such user</p>{EMAIL_FORM}{NEWSLETTER}", EMAIL_FORM + NEWSLETTER, "email"
    )
    assert isinstance(error, LoginRejected)
    assert "No such user" in str(error)


@pytest.mark.parametrize(
    "after",
    [
        f"<form method=post><input type=hidden name=email><input type=password name=pw></form>{NEWSLETTER}",
        "<form method=post><input name=email><input type=password name=pw></form>",
        f"<p>Check your mail.</p>{NEWSLETTER}",
        f"{CODE_FORM}{NEWSLETTER}",
    ],
)
def test_a_site_that_asks_for_more_has_gone_on(after: str):
    assert outcome(after, EMAIL_FORM + NEWSLETTER, "email") is None


@pytest.mark.parametrize(
    "after",
    [
        CODE_FORM,
        "<form method=post><input name=username><input type=password name=password><input name=otp></form>",
        "<form method=post><input type=password name=password><input type=password name=confirm></form>",
        "<p>Welcome!</p>",
        "",
    ],
)
def test_a_step_that_waits_is_no_refusal(after: str):
    assert outcome(after) is None
    assert outcome(after, "<form method=post><input type=password name=password></form>", "password") is None


def test_a_form_in_the_header_of_a_members_page_did_not_come_back():
    assert outcome(f"{LOG_OUT}{saying(PLAIN, '')}") is None
    assert type(outcome(f"{LOG_OUT}{saying(PLAIN, '')}", LOG_OUT + PLAIN)) is LoginRejected


def test_a_form_that_is_hidden_did_not_come_back():
    assert outcome(f"<div style='display:none'>{saying(PLAIN, '')}</div>") is None


def test_a_code_that_is_asked_for_again_was_wrong_and_the_password_was_not():
    wrong = CODE_FORM.replace("{said}", "<p class=error>Invalid token.</p>")
    error = outcome(wrong, CODE_FORM.replace("{said}", ""), "code", code_only=True)
    assert type(error) is CodeRejected
    assert (
        "did not accept the one-time code: it answered 200 with the same form again and says “Invalid"
        in str(error)
    )
    assert "password" not in str(error)


def test_a_page_that_asks_for_a_code_may_have_a_way_out():
    leave = "<form method=post action=/accounts/logout/><button>Cancel</button></form>"
    before, after = (
        f"{leave}{CODE_FORM.replace('{said}', said)}" for said in ("", "<p class=error>Incorrect code.</p>")
    )
    assert type(outcome(after, before, "code", code_only=True)) is CodeRejected


def test_too_many_wrong_codes_are_too_many():
    after = CODE_FORM.replace("{said}", "<p class=error>Too many attempts, wait 5 minutes.</p>")
    assert type(outcome(after, CODE_FORM.replace("{said}", ""), "code", code_only=True)) is RateLimited


@pytest.mark.parametrize(
    "widget",
    [
        "<div class=g-recaptcha data-sitekey=k></div>",
        "<div class=h-captcha data-sitekey=k></div>",
        "<img src=/captcha/5.png><input name=code>",
        "<label>Bitte geben Sie die Zeichen im Bild ein <input name=x></label>",
    ],
)
def test_a_captcha_that_was_not_there_before_is_asked_for(widget: str):
    again = saying(PLAIN, "Wrong password").replace("<button>", f"{widget}<button>")
    assert type(outcome(again)) is CaptchaRequired
    assert type(outcome(again, again)) is LoginRejected


def test_what_a_page_always_says_says_nothing_of_this_sign_in():
    always = "<p class=error>Your account is locked.</p>" + PLAIN
    error = outcome(always.replace("{said}", "Wrong password"), always.replace("{said}", ""))
    assert type(error) is LoginRejected
    assert "Wrong password" in str(error)


# Status and indicators


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("120", "Wait 120 seconds before"),
        ("Wed, 21 Oct 2099 07:28:00 GMT", "Wait until Wed, 21 Oct 2099 07:28:00 +0000 before"),
        ("soon", "Wait a while before"),
        ("", "Wait a while before"),
    ],
)
def test_how_long_to_wait_is_said(asked: str, words: str):
    error = outcome(landed("", status=429, headers={"Retry-After": asked}))
    assert type(error) is RateLimited
    assert words in str(error)


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (200, "", None),
        (302, "", None),
        (401, "", LoginRejected),
        (401, "Your account has been locked.", AccountLocked),
        (403, "", None),
        (403, "Too many requests", RateLimited),
        (403, "CSRF verification failed.", LoginUnavailable),
        (404, "", None),
        (419, "", LoginUnavailable),
        (423, "", AccountLocked),
        (429, "", RateLimited),
        (429, "This account is locked.", AccountLocked),
        (440, "", LoginUnavailable),
        (500, "", LoginUnavailable),
        (503, "Your account has been locked.", AccountLocked),
    ],
)
def test_a_status_is_told_from_others(status: int, said: str, expected: type[LoginError] | None):
    error = outcome(page(f"<div>{said}</div>", LOGIN, status=status))
    assert (type(error) if error else None) is expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("<p role=alert>Your account has been locked.</p>", AccountLocked),
        ("<h1>Your account has been locked</h1>", AccountLocked),
        ("<p role=alert>Your password has expired.</p>", PasswordExpired),
        ("<p>Your account has been locked.</p>", None),
        ("<p role=alert>Wrong password.</p>", None),
        (f"<p role=alert>Your password has expired.</p>{LOG_OUT}", None),
    ],
)
def test_without_the_form_only_alerts_count_and_only_where_nobody_is_signed_in(after, expected):
    error = outcome(after)
    assert (type(error) if error else None) is expected


def test_an_indicator_decides_before_everything_else():
    landing = page("<b id=no>Nein.</b>", LOGIN, status=500)
    sent = sent_from(PLAIN)
    assert type(refusal(sent, landing, rejected="#no")) is LoginRejected
    assert type(refusal(sent, landing, rejected="#no", locked="#no")) is AccountLocked
    assert type(refusal(sent, landing, rejected="#yes", locked=lambda page: False)) is LoginUnavailable


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"success": false, "message": "No."}', LoginRejected),
        ('{"status": "error", "error": {"code": 5, "message": "Your account is locked"}}', AccountLocked),
        ('{"error": "second_factor", "reason": "Two-factor authentication required"}', CodeRequired),
        ('{"error": "", "errors": []}', None),
        ('{"message": "Wrong password"}', None),
        ('["error"]', None),
        ("{", None),
    ],
)
def test_json_says_itself_whether_it_is_an_error(content: str, expected: type[LoginError] | None):
    error = outcome(page(content, LOGIN, type="application/json"))
    assert (type(error) if error else None) is expected


# What a page asks a person for


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (CODE_FORM, CodeRequired),
        (CODE_FORM + LOG_OUT, CodeRequired),
        ("<h1>Approve the sign-in on your phone</h1>", CodeRequired),
        (
            "<form method=post><input type=password name=new1><input type=password name=new2></form>",
            PasswordExpired,
        ),
        (
            "<form method=post><label>Neues Kennwort <input type=password name=k></label></form>",
            PasswordExpired,
        ),
        (
            f"{LOG_OUT}<p class=alert>You must change your password.</p><form method=post><input "
            f"type=password name=old>"
            "<input type=password name=new></form>",
            PasswordExpired,
        ),
        ("<form method=post><div class=cf-turnstile data-sitekey=k></div></form>", CaptchaRequired),
        ("<div class=h-captcha data-sitekey=k></div>", CaptchaRequired),
        (f"{LOG_OUT}<h1>Prove that you are not a robot</h1><div class=g-recaptcha></div>", CaptchaRequired),
        (
            "<h1>Updated terms of service</h1><form method=post><label><input type=checkbox name=ok> "
            "I accept the terms"
            "</label><button>Continue</button></form>",
            TermsRequired,
        ),
        (
            f"{LOG_OUT}<h1>Neue Nutzungsbedingungen</h1><form method=post><button>Ich stimme den "
            f"Bedingungen zu</button></form>",
            TermsRequired,
        ),
        ("<form method=post><button>我同意服务条款</button></form>", TermsRequired),
    ],
)
def test_a_page_asks_a_person_for_something(asked: str, expected: type[LoginError]):
    error = person_needed(page(asked.replace("{said}", ""), LOGIN))
    assert type(error) is expected
    assert re.fullmatch(rf"{LOGIN} [a-z].*[.!?…]”? [A-Z].*\.", str(error))


MEMBERS = [
    "<form method=post><input name=coupon_code></form>",
    "<form method=post><input name=code></form>",
    "<form method=post><label>Gift card code <input name=code></label></form>",
    "<h2>Change password</h2><form method=post><input type=password name=old><input type=password "
    "name=new></form>",
    "<form method=post><div class=g-recaptcha></div><textarea name=message></textarea></form>",
    "<form method=post><p>We use cookies. Do you accept our privacy "
    "policy?</p><button>Accept</button></form>",
    "<form method=post>I agree to the terms<button>Subscribe</button></form>",
    "<p>Protect your account with two-factor authentication.</p>",
]


@pytest.mark.parametrize("asked", MEMBERS)
@pytest.mark.parametrize("around", [LOG_OUT, LONG], ids=["with a way out", "with much to read"])
def test_a_members_page_asks_a_person_for_nothing(asked: str, around: str):
    assert person_needed(page(f"<h1>My account</h1>{asked}{around}", LOGIN)) is None


@pytest.mark.parametrize(
    "asked",
    [
        "<form method=post><input name=email><input type=password name=a><input type=password name=b></form>",
        "<form method=post><p>We use cookies and you accept our privacy "
        "policy.</p><button>OK</button></form>",
        "<form method=post><input name=email>I agree to the terms<button>Subscribe</button></form>",
        "<form method=post hidden><input name=otp></form>",
    ],
)
def test_other_forms_of_a_short_page_ask_for_nothing(asked: str):
    assert person_needed(page(asked, LOGIN)) is None


@pytest.mark.parametrize(
    "headers", [{"cf-mitigated": "challenge"}, {"x-amzn-waf-action": "captcha"}, {"x-other": "challenge"}]
)
def test_a_challenge_is_known_by_its_header(headers: dict[str, str]):
    landing = landed("<h1>One moment</h1>", status=403, headers=headers)
    assert (type(person_needed(landing)) is CaptchaRequired) == ("x-other" not in headers)


def test_json_asks_a_person_for_nothing():
    assert person_needed(page('{"a": 1}', LOGIN, type="application/json")) is None


def test_what_a_person_is_told_is_what_the_page_says():
    asked = CODE_FORM.replace("{said}", "<p class=message>We sent a code to s3cret-phone.</p>")
    said = str(person_needed(page(asked, LOGIN), ["s3cret-phone"]))
    assert "says “We sent a code to ***.” Give a code its source" in said


# Forms


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("<div class=g-recaptcha data-sitekey=k></div>", "reCAPTCHA"),
        ("<div class='g-recaptcha big' data-size=compact></div>", "reCAPTCHA"),
        ("<div class=h-captcha></div>", "hCaptcha"),
        ("<div class=cf-turnstile></div>", "Turnstile"),
        ("<div class=frc-captcha></div>", "Friendly Captcha"),
        ("<div id=FunCaptcha></div>", "FunCaptcha"),
        ("<div id=arkose-iframe></div>", "Arkose Labs"),
        ("<div class=geetest_holder></div>", "GeeTest"),
        ("<awswaf-captcha></awswaf-captcha>", "AWS WAF"),
        ("<altcha-widget challengeurl=/a></altcha-widget>", "ALTCHA"),
        ("<div data-sitekey=k></div>", "a captcha"),
        ("<input name=captcha_code>", "captcha_code"),
        ("<input name=wpCaptchaWord>", "wpCaptchaWord"),
        ("<label for=c>图形验证码</label><input name=vc id=c>", "vc"),
        ("<img src=/kaptcha.jpg><input name=code>", "code"),
        ("<input name=x placeholder='Введите код с картинки'>", "x"),
        ("<input name=x aria-label='보안문자를 입력하세요'>", "x"),
        ("<div class=g-recaptcha data-size=invisible></div>", None),
        ("<button class=g-recaptcha data-sitekey=k>Sign in</button>", None),
        ("<div class=h-captcha style='display:none'></div>", None),
        ("<input type=hidden name=recaptcha_token>", None),
        ("<div style='display: none'><input name=captcha></div>", None),
        ("<input name=otp autocomplete=one-time-code>", None),
        ("<img src=/logo.png><input name=code>", None),
    ],
)
def test_a_captcha_is_seen_before_anything_is_submitted(content: str, name: str | None):
    assert captcha_in(form(f"<input name=user><input type=password name=pw>{content}")) == name


def test_a_captcha_of_another_form_or_beside_the_only_field_does_not_count():
    assert captcha_in(form("<input name=user>", "<form><div class=g-recaptcha></div></form>")) is None
    assert captcha_in(form("<img src=/captcha.png><input name=user><input type=password name=pw>")) is None


@pytest.mark.parametrize(
    ("content", "is_code"),
    [
        ("<input name=x autocomplete=one-time-code>", True),
        ("<input name=otp_attempt>", True),
        ("<label for=t>Authentication code</label><input name=token id=t>", True),
        ("<input name=code>", True),
        ("<input name=pin type=password autocomplete=one-time-code>", True),
        ("<input name=captcha_code>", False),
        ("<img src=/captcha.png><input name=code>", False),
        ("<input name=coupon_code>", False),
        ("<input name=postal_code>", False),
        ("<input name=first><input name=code>", False),
        ("<input type=hidden name=code>", False),
        ("<input name=q type=search>", False),
        ("", False),
    ],
)
def test_a_form_asks_for_a_one_time_code(content: str, is_code: bool):
    assert asks_for_code(form(content)) is is_code


def test_a_field_that_is_only_called_code_counts_on_a_short_page_only():
    assert not asks_for_code(form("<input name=code>", LONG))


@pytest.mark.parametrize(
    ("content", "is_new"),
    [
        ("<input type=password name=new><input type=password name=again>", True),
        ("<input type=password name=o><input type=password name=n><input type=password name=c>", True),
        (
            "<input name=username readonly value=ada><input type=password name=a><input "
            "type=password name=b>",
            True,
        ),
        ("<input type=password name=new_password>", True),
        ("<label>Nouveau mot de passe <input type=password name=p></label>", True),
        ("<input type=password name=password>", False),
        ("<input type=password name=password autocomplete=new-password>", False),
        ("<input name=email><input type=password name=a><input type=password name=b>", False),
        ("<input name=q>", False),
        ("", False),
    ],
)
def test_a_form_asks_for_a_new_password(content: str, is_new: bool):
    assert asks_for_new_password(form(content)) is is_new


# The site's own words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<p role=alert>No.</p>", "No."),
        ("<div class=my-error-box>No.</div>", "No."),
        ("<div class='alert alert-danger'>No.</div>", "No."),
        ("<div class='toast fade show'>No.</div>", "No."),
        ("<div id=loginFailed>No.</div>", "No."),
        ("<input name=u aria-invalid=true aria-describedby='a b'><span id=b>No.</span>", "No."),
        ("<p class=message>Be well.</p><p class=warning>Mind.</p><p class=error>No way.</p>", "No way."),
        (
            "<div class=alert><b>Error!</b><br>Wrong\n  password <button>×</button></div>",
            "Error! Wrong password",
        ),
        ("<div class=error>Error!</div><div class=error>That was wrong.</div>", "That was wrong."),
        ("<div class=error><p class=error-inner>One.</p><p>Two.</p></div>", "One. Two."),
        ("<div class=error style='display: none'>No.</div>", ""),
        ("<div class=error hidden>No.</div>", ""),
        ("<div class=error aria-hidden=true>No.</div>", ""),
        ("<div class='error d-none'>No.</div>", ""),
        ("<div class=error>No. <span class=hidden>Hidden.</span></div>", "No."),
        ("<template><div class=error>No.</div></template>", ""),
        ("<noscript><div class=error>Switch JavaScript on.</div></noscript>", ""),
        ("<div class=error><script>no()</script></div>", ""),
        ("<div class='alert alert-success'>Welcome!</div>", ""),
        ("<div class=has-error><label>Name</label><input name=u></div>", ""),
        (f"<div class=error-page>{'word ' * 200}</div>", ""),
        ("<p>Just text.</p>", ""),
    ],
)
def test_what_a_page_complains_about_is_what_it_marks_and_shows(content: str, words: str):
    assert complaint(page(content, LOGIN)) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"error_description": "No."}', "No."),
        ('{"error": "bad", "message": "No."}', "No."),
        ('{"errors": [{"message": "No."}, {"message": "Never."}]}', "No."),
        ('{"non_field_errors": ["No."]}', "No."),
        ('{"data": {"detail": "No."}}', "No."),
        ('{"error": true}', ""),
        ("[]", ""),
        ("{", ""),
    ],
)
def test_json_complains_in_its_messages(content: str, words: str):
    assert complaint(page(content, LOGIN, type="application/json")) == words


def test_short_plain_text_is_a_complaint():
    assert complaint(page("Too many\nrequests", LOGIN, type="text/plain")) == "Too many requests"
    assert complaint(page("word " * 200, LOGIN, type="text/plain")) == ""
    assert complaint(page(b"\x89PNG", LOGIN, type="image/png")) == ""


def test_without_any_alert_what_is_new_and_says_that_something_is_wrong_is_the_complaint():
    before = page("<p>Invalid logins are logged.</p><p>9:41</p>", LOGIN)
    after = page("<p>Invalid logins are logged.</p><p>9:42</p><td>Wrong <b>password</b>!", LOGIN)
    assert complaint(after, before) == "Wrong password!"
    assert complaint(after) == ""


def test_a_long_complaint_is_cut_at_a_word():
    said = quoted(complaint(page(f"<p class=error>{'twelve chars ' * 30}</p>", LOGIN)))
    assert said.endswith(" twelve chars…”")
    assert 180 < len(said) < 220
    assert quoted(complaint(page("<p class=error>Short.</p>", LOGIN))) == " and says “Short.”"
    assert quoted(complaint(page("", LOGIN))) == ""


printable = st.characters(exclude_categories=["C", "Z"])


@settings(deadline=None)
@given(st.text(printable, min_size=8, max_size=40), st.integers(0, 250))
def test_no_secret_is_in_any_message_however_the_site_says_it(secret: str, padding: int):
    assume(not EVERYDAY.match(secret))  # a word of our own sentences
    said = f"<p class=error>{'–' * padding} {html.escape(secret)} is locked</p>"
    for content in (said, said + PLAIN.replace("{said}", html.escape(secret))):
        for status in (200, 401, 429, 500):
            url = f"{LOGIN}?q={quote_plus(secret)}"
            landing = page(content, url, status=status)
            error = refusal(sent_from(PLAIN, secrets=[secret]), landing)
            assert secret not in str(error)
            assert secret.lower()[:8] not in str(error).lower()
            assert quote_plus(secret) not in str(error)


def test_the_parts_of_an_address_that_look_secret_are_not_shown():
    error = outcome(page("", f"{LOGIN}?session_id=abcdef123456&next=/", status=500))
    assert f"{LOGIN}?session_id=***&next=/ answered 500" in str(error)


# Pages that are made to keep a reader busy, or to show what was typed

DEEP = "<div class=error>" * 1_900


def test_a_text_full_of_what_is_in_doubt_is_looked_at_once(monkeypatch):
    searched = Counted(words._doubts.search)
    monkeypatch.setattr(words, "_doubts", SimpleNamespace(search=searched))
    assert not says(LOCKED, f"lorem ipsum if {'locked out ' * 400}")
    assert searched.times == 1
    assert says(LOCKED, f"{'locked out ' * 400} if")


def test_a_long_message_is_not_read_to_its_end():
    data = json.dumps({"error": f"{'locked out ' * 100}. {'if locked out ' * 100_000}"})
    assert type(outcome(page(data, LOGIN, type="application/json"))) is AccountLocked
    assert says(LOCKED, "You are locked out. " + "x " * 100_000)
    assert not says(LOCKED, "x. " * 2_000 + "You are locked out.")


def test_a_page_is_read_once_however_deep_it_is(monkeypatch):
    looks = Counted(reading._hides)
    monkeypatch.setattr(reading, "_hides", looks)
    texts = "<p>text to read</p><p hidden>no</p>" * 2_000
    it = page(f"{DEEP}{texts}<b class=error>Wrong password</b>", LOGIN)
    before = page(DEEP, LOGIN)
    assert complaint(it, before) == "Wrong password"
    assert "text to read" in news(it, before)
    assert looks.times <= len(list(it.tree.iter())) + len(list(before.tree.iter()))


def test_the_outermost_of_alerts_in_each_other_is_the_alert():
    it = page("<div class=alert><p class=error>Wrong</p> password</div><p class=error>Again", LOGIN)
    assert alerts_of(it) == ["Again", "Wrong password"]
    long = page(f"<div class=alert>{'word ' * 200}<p class=error>Wrong password</p></div>", LOGIN)
    assert alerts_of(long) == ["Wrong password"]


def test_a_heading_that_nobody_closed_is_none():
    it = page(f"<h1><div>Members{LONG}<h2>Your password has expired</h2>", LOGIN)
    assert headings_of(it) == ["Your password has expired"]


def test_json_in_json_is_read_as_deep_as_messages_are():
    deep = '{"error": ' * 200 + '"Wrong password"' + "}" * 200
    assert alerts_of(page(deep, LOGIN, type="application/json")) == []
    assert alerts_of(page('{"errors": [{"detail": "Wrong password"}]}', LOGIN, type="application/json")) == [
        "Wrong password"
    ]


def test_of_a_thousand_forms_the_first_are_looked_at():
    many = "<form><input name=a autocomplete=one-time-code><button>Go</button></form>" * 2_000
    assert type(outcome(PLAIN + many)) is LoginRejected
    assert person_needed(page(many, LOGIN)) is not None
    assert captcha_on(page(many + "<form><div class=h-captcha></div></form>", LOGIN)) is None


def test_a_widget_belongs_to_the_forms_around_it_and_else_to_the_page():
    it = page("<form id=a></form><form id=b><i class=h-captcha></i></form><i class=g-recaptcha></i>", LOGIN)
    assert [captcha_in(form) for form in it.forms()] == [None, "hCaptcha"]
    assert captcha_on(it) == "hCaptcha"
    assert captcha_on(page("<form></form><i class=g-recaptcha></i>", LOGIN)) == "reCAPTCHA"


def test_long_terms_are_terms():
    long = f"<form method=post>{LONG * 3}<button>I accept the terms of use</button></form>"
    assert asks_for_consent(page(long, LOGIN).forms()[0])


@pytest.mark.parametrize("pin", ["4711", "7", "x1", "a<b", 'q"'])
def test_no_secret_of_the_sign_in_is_quoted_however_short_it_is(pin: str):
    shown = (html.escape(pin), html.escape(html.escape(pin)), html.escape(json.dumps(pin)[1:-1]))
    new = "<form method=post action=/new><input type=password name=n1><input type=password name=n2></form>"
    for text in shown:
        said = f"<h1>Password has expired with PIN {text}</h1><p class=error>Password has expired: {text}</p>"
        asked = person_needed(page(said + new, LOGIN), [pin])
        for error in (asked, outcome(said + PLAIN, secrets=[pin]), outcome(page(said, LOGIN), secrets=[pin])):
            [quoted] = re.findall("“(.*)”", str(error))
            assert pin not in quoted
            assert html.escape(pin) not in quoted


def test_what_was_submitted_shows_no_secret():
    assert "4711" not in repr(sent_from(PLAIN, secrets=["4711"]))
