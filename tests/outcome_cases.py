"""Answers to submitted login forms, written after what well-known software sends by default.

In a `page`, ``[[...]]`` stands where the answer says something; without it, that is the page before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scraper.errors import (
    AccountLocked,
    CaptchaRequired,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    PasswordExpired,
    RateLimited,
)

_SAID = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """An answer, what it means, and what of it the message quotes.

    `filled` are the fields typed into; `landing` is the answer where it is another page than the form's.
    """

    software: str
    filled: str
    page: str
    expected: type[LoginError] | None
    quoted: str = ""
    landing: str | None = None
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def before(self) -> str:
        return _SAID.sub("", self.page)

    @property
    def after(self) -> str:
        return _SAID.sub(r"\1", self.page) if self.landing is None else self.landing


DJANGO = """<!DOCTYPE html><html lang="en-us"><head><title>Log in | Django site admin</title></head>
<body class="login" data-admin-utc-offset="0">
<a href="#content-start" class="skip-to-content-link">Skip to main content</a>
<div id="container"><header id="header"><div id="site-name"><a href="/admin/">Django administration</a>
</div></header>
<div class="main"><main id="content-start" class="content"><div id="content" class="colM">[[
<p class="errornote">
Please enter the correct username and password for a staff account. Note that both fields may be
case-sensitive.
</p>]]
<div id="content-main"><form action="/admin/login/?next=/admin/" method="post" id="login-form">
<input type="hidden" name="csrfmiddlewaretoken" value="Q5">
<div class="form-row"><label for="id_username" class="required">Username:</label>
<input type="text" name="username" autofocus maxlength="150" required id="id_username"></div>
<div class="form-row"><label for="id_password" class="required">Password:</label>
<input type="password" name="password" required id="id_password"></div>
<div class="submit-row"><input type="submit" value="Log in"></div></form></div></div></main></div></div>
</body></html>"""

DJANGO_CSRF = """<!DOCTYPE html><html lang="en"><head><title>403 Forbidden</title></head><body>
<div id="summary">
<h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p></div>
<div id="explanation"><p><small>More information is available with DEBUG=True.</small></p></div></body>
</html>"""

ALLAUTH = """<html><head><title>Sign In</title></head><body><div><strong>Menu:</strong><ul>
<li><a href="/accounts/login/">Sign In</a></li><li><a href="/accounts/signup/">Sign Up</a></li></ul></div>
<h1>Sign In</h1><form method="post" action="/accounts/login/">
<input type="hidden" name="csrfmiddlewaretoken" value="x">
[[<ul class="errorlist nonfield" id="id__error"><li>{said}</li></ul>]]
<p>
<label for="id_login">Email:</label> <input type="email" name="login" autocomplete="email" required
id="id_login"></p>
<p>
<label for="id_password">Password:</label> <input type="password" name="password"
autocomplete="current-password"></p>
<button type="submit">Sign In</button></form></body></html>"""

WORDPRESS = """<!DOCTYPE html><html lang="en-US"><head><title>Log In &lsaquo; Blog</title></head>
<body class="login no-js login-action-login wp-core-ui"><div id="login"><h1>
<a href="https://wordpress.org/">Blog</a></h1>
[[{said}]]
<form name="loginform" id="loginform" action="/wp-login.php" method="post"><p>
<label for="user_login">Username</label>
<input type="text" name="log" id="user_login" class="input" autocomplete="username" required="required"></p>
<div class="user-pass-wrap"><label for="user_pass">Password</label>
<input type="password" name="pwd" id="user_pass" class="input password-input"
autocomplete="current-password"></div>
<p class="submit"><input type="submit" name="wp-submit" id="wp-submit" class="button" value="Log In">
<input type="hidden" name="redirect_to" value="/wp-admin/">
<input type="hidden" name="testcookie" value="1"></p></form>
<p id="nav"><a href="/wp-login.php?action=lostpassword">Lost your password?</a></p></div></body></html>"""

PHPBB = """<html lang="en-gb"><body id="phpbb" class="section-ucp"><div id="page-header">
<form action="./search.php" method="get">
<input name="keywords" type="search" placeholder="Search…"></form></div>
<form action="./ucp.php?mode=login" method="post" id="login" data-focus="username"><div class="panel">
<div class="content">
<h2 class="login-title">Login</h2><fieldset class="fields1">[[{said}]]
<dl><dt><label for="username">Username:</label></dt><dd><input type="text" name="username" id="username">
</dd></dl>
<dl><dt><label for="password">Password:</label></dt><dd>
<input type="password" id="password" name="password"></dd>
<dd><a href="/user/forgot_password">I forgot my password</a></dd></dl>
<dl><dt>&nbsp;</dt><dd><input type="hidden" name="sid" value="4">
<input type="submit" name="login" value="Login"></dd></dl>
</fieldset></div></div></form></body></html>"""

KEYCLOAK = """<!DOCTYPE html><html class="login-pf"><head><title>Sign in to shop</title></head><body>
<div class="login-pf-page">
<div id="kc-header"><div id="kc-header-wrapper">shop</div></div><div class="card-pf">
<h1 id="kc-page-title">Sign in to your account</h1>
<div id="kc-content">
<form id="kc-form-login" action="/realms/shop/login-actions/authenticate?session_code=Z&amp;tab_id=1"
method="post"><div class="form-group"><label for="username" class="pf-c-form__label">Username</label>
<input tabindex="2" id="username" name="username" value="ada" type="text" aria-invalid="true">
[[<span id="input-error" class="pf-c-form__helper-text pf-m-error required kc-feedback-text"
aria-live="polite">{said}</span>]]
</div><div class="form-group"><label for="password">Password</label><div class="pf-c-input-group">
<input tabindex="3" id="password" name="password" type="password" aria-invalid="true"></div></div>
<input type="hidden" id="id-hidden-input" name="credentialId">
<input id="kc-login" type="submit" value="Sign In"></form></div>
</div></div></body></html>"""

SPRING = """<!DOCTYPE html><html lang="en"><head><title>Please sign in</title></head><body>
<div class="content">
<form class="login-form" method="post" action="/login"><h2>Please sign in</h2>
[[<div class="alert alert-danger" role="alert">{said}</div>]]
<p><label for="username" class="screenreader">Username</label>
<input type="text" id="username" name="username" placeholder="Username" required autofocus></p>
<p><label for="password" class="screenreader">Password</label>
<input type="password" id="password" name="password" placeholder="Password" required></p>
<input name="_csrf" type="hidden" value="u8"><button type="submit" class="primary">Sign in</button></form>
</div></body></html>"""

DEVISE = """<!DOCTYPE html><html><head><title>Shop</title><meta name="csrf-token" content="abc"></head>
<body>
[[<p class="alert">{said}</p>]]
<h2>Log in</h2>
<form class="new_user" id="new_user" action="/users/sign_in" accept-charset="UTF-8" method="post">
<input type="hidden" name="authenticity_token" value="L" autocomplete="off"><div class="field">
<label for="user_email">Email</label><br>
<input autofocus autocomplete="email" type="email" name="user[email]" id="user_email">
</div><div class="field"><label for="user_password">Password</label><br>
<input autocomplete="current-password" type="password" name="user[password]" id="user_password"></div>
<div class="actions"><input type="submit" name="commit" value="Log in"></div></form>
<a href="/users/sign_up">Sign up</a><br><a href="/users/password/new">Forgot your password?</a><br></body>
</html>"""

RAILS_422 = """<!DOCTYPE html><html><head><title>The change you wanted was rejected (422)</title></head>
<body>
<div class="dialog"><div><h1>The change you wanted was rejected.</h1>
<p>Maybe you tried to change something you didn't have access to.</p></div></div></body></html>"""

LARAVEL = """<!DOCTYPE html><html lang="en"><body class="font-sans text-gray-900 antialiased">
<div class="min-h-screen">
<form method="POST" action="http://shop.example/login">
<input type="hidden" name="_token" value="t" autocomplete="off">
<div><label class="block font-medium text-sm text-gray-700" for="email">Email</label>
<input class="border-gray-300 rounded-md" id="email" type="email" name="email" required
autocomplete="username">
[[<ul class="text-sm text-red-600 space-y-1 mt-2"><li>{said}</li></ul>]]</div>
<div class="mt-4"><label for="password">Password</label>
<input id="password" type="password" name="password" required autocomplete="current-password"></div>
<a href="/forgot-password">Forgot your password?</a><button type="submit">Log in</button></form></div>
</body></html>"""

GITLAB = """<!DOCTYPE html><html><head><title>Sign in · GitLab</title></head><body class="login-page">
<div class="flash-container">
[[<div class="gl-alert gl-alert-danger flash-alert" role="alert"><svg class="s16 gl-alert-icon">
<use href="#error"></use></svg>
<div class="gl-alert-content"><div class="gl-alert-body">{said}</div></div>
<button class="btn js-close" aria-label="Dismiss" type="button">Dismiss</button></div>]]</div>
<form class="gl-p-5 js-sign-in-form" id="new_user" action="/users/sign_in" method="post">
<div class="form-group">
<label for="user_login">Username or primary email</label>
<input type="text" name="user[login]" id="user_login"></div>
<div class="form-group"><label for="user_password">Password</label>
<input type="password" name="user[password]" id="user_password"></div>
<button type="submit">Sign in</button></form>
</body></html>"""

GITEA = """<!DOCTYPE html><html lang="en-US"><head><title>Sign In - Gitea</title></head><body>
<nav id="navbar">
<a class="item" href="/explore/repos">Explore</a><a class="item" href="/user/login">Sign In</a></nav>
<div class="page-content user signin">[[<div class="ui negative message flash-message flash-error">
<p>{said}</p></div>]]
<h4 class="ui top attached header center">Sign In</h4>
<form class="ui form" action="/user/login" method="post">
<input type="hidden" name="_csrf" value="c"><div class="required field">
<label for="user_name">Username or Email</label>
<input id="user_name" type="text" name="user_name" required></div><div class="required field">
<label for="password">Password</label><input id="password" name="password" type="password" required></div>
<button class="ui primary button">Sign In</button></form></div></body></html>"""

NEXTCLOUD = """<!DOCTYPE html><html><body id="body-login"><noscript>
<div class="warning">This application requires JavaScript.
Please enable cookies and JavaScript, then reload the page.</div></noscript><main>
<form method="post" name="login" action="/index.php/login">[[<p class="warning
wrongPasswordMsg">{said}</p>]]
<input type="text" name="user" id="user" placeholder="Username or email" autocomplete="username">
<input type="password" name="password" id="password" placeholder="Password">
<input type="submit" id="submit" value="Log in">
<input type="hidden" name="requesttoken" value="r"></form></main></body></html>"""

JENKINS = """<!DOCTYPE html><html lang="en"><head><title>Sign in - Jenkins</title></head><body>
<div class="app-sign-in-register">
<main class="app-sign-in-register__content"><h1>Sign in to Jenkins</h1>
[[<div class="app-sign-in-register__error">Invalid username or password</div>]]
<form method="post" name="login" action="j_spring_security_check"><div>
<label for="j_username">Username</label>
<input autocorrect="off" autocomplete="off" name="j_username" id="j_username" type="text"></div><div>
<label for="j_password">Password</label><input name="j_password" id="j_password" type="password"></div>
<input name="from" type="hidden" value="/"><button type="submit" name="Submit">Sign in</button></form>
</main></div></body></html>"""

MEDIAWIKI = """<!DOCTYPE html><html class="client-nojs"><head><title>Log in - Wiki</title></head>
<body class="mediawiki ltr">
<h1 id="firstHeading">Log in</h1><div id="userloginForm">
<form class="mw-htmlform" action="/index.php?title=Special:UserLogin"
method="post" name="userlogin">[[<div class="mw-message-box-error mw-message-box">{said}</div>]]
<div class="mw-htmlform-field-HTMLTextField"><label for="wpName1">Username</label>
<input id="wpName1" name="wpName" size="20" class="loginText" autocomplete="username"></div>
<div><label for="wpPassword1">Password</label><input id="wpPassword1" name="wpPassword" type="password">
</div>
[[{more}]]<button id="wpLoginAttempt" type="submit" name="wploginattempt" value="Log in">Log in</button>
<input type="hidden" value="tok+\\" name="wpLoginToken"></form></div></body></html>"""

MOODLE = """<!DOCTYPE html><html lang="en"><body id="page-login-index">
<a class="sr-only" href="#maincontent">Skip</a>
<div class="login-container"><h1 class="login-heading">Log in to Campus</h1>
[[<a href="#" id="loginerrormessage" class="sr-only">{said}</a>
<div class="alert alert-danger" role="alert">{said}</div>]]
<form class="login-form" action="/login/index.php" method="post" id="login">
<input type="hidden" name="logintoken" value="l">
<label for="username" class="sr-only">Username</label>
<input type="text" name="username" id="username" autocomplete="username">
<label for="password" class="sr-only">Password</label><input type="password" name="password" id="password">
<button type="submit" id="loginbtn">Log in</button></form>
<h2 class="login-heading">Is this your first time here?</h2>
<button type="button">Cookies notice</button></div></body></html>"""

DRUPAL = """<!DOCTYPE html><html lang="en" dir="ltr"><body>
<div data-drupal-messages-fallback class="hidden"></div>
[[<div data-drupal-messages>
<div role="contentinfo" aria-labelledby="message-error-title" class="messages-list__item messages
messages--error"><div role="alert"><div class="messages__header">
<h2 id="message-error-title" class="messages__title">Error
message</h2></div><div class="messages__content">{said}</div></div></div></div>]]
<form class="user-login-form" data-drupal-selector="user-login-form" action="/user/login" method="post"
id="user-login-form">
<div class="form-item"><label for="edit-name">Username</label>
<input type="text" id="edit-name" name="name"></div>
<div class="form-item"><label for="edit-pass">Password</label>
<input type="password" id="edit-pass" name="pass"></div>
<input type="hidden" name="form_build_id" value="form-x">
<input type="submit" id="edit-submit" name="op" value="Log in"></form>
</body></html>"""

JOOMLA = """<!DOCTYPE html><html lang="en-gb"><body class="site com_users view-login"><main>
<div id="system-message-container" aria-live="polite">[[<noscript>
<div class="alert alert-warning">{said}</div></noscript>
<div class="alert alert-warning"><a class="close" data-dismiss="alert">×</a>
<h4 class="alert-heading">Warning</h4>
<div class="alert-message">{said}</div></div>]]</div>
<form action="/component/users/login?task=user.login&amp;Itemid=101" method="post"
id="com-users-login__form"><fieldset>
<label for="username">Username</label>
<input type="text" name="username" id="username" autocomplete="username">
<label for="password">Password</label><input type="password" name="password" id="password">
<button type="submit" class="btn btn-primary">Log in</button>
<input type="hidden" name="return" value="aW5k"></fieldset></form>
</main></body></html>"""

MAGENTO = """<!doctype html><html lang="en"><body class="customer-account-login"><div class="page messages">
<div data-placeholder="messages"></div>[[<div role="alert" class="messages">
<div class="message-error error message">
<div>{said}</div></div></div>]]</div>
<div class="login-container">
<form class="form form-login" action="/customer/account/loginPost/" method="post" id="login-form">
<input name="form_key" type="hidden" value="k"><fieldset class="fieldset login">
<label for="email">Email</label>
<input name="login[username]" value="" autocomplete="off" id="email" type="email">
<label for="pass">Password</label>
<input name="login[password]" type="password" id="pass">
<button type="submit" name="send" id="send2">Sign In</button>
</fieldset></form><div class="block block-new-customer">
<a href="/customer/account/create/">Create an Account</a></div></div>
<footer><form class="form subscribe" action="/newsletter/subscriber/new/" method="post">
<input name="email" type="email">
<button title="Subscribe" type="submit">Subscribe</button></form></footer></body></html>"""

SHOPIFY = """<!doctype html><html><body><div class="customer login"><h1 id="login">Login</h1>
<form method="post" action="/account/login" id="customer_login" novalidate>
<input type="hidden" name="form_type" value="customer_login">[[<h2 class="form__message" tabindex="-1">
<svg class="icon icon-error"></svg><div class="errors"><ul><li>Incorrect email or password.</li></ul></div>
</h2>]]
<div class="field">
<input type="email" name="customer[email]" id="CustomerEmail" autocomplete="email" placeholder="Email">
<label for="CustomerEmail">Email</label></div><div class="field">
<input type="password" name="customer[password]">
<label>Password</label></div><button>Sign in</button></form>
<form method="post" action="/account/recover" style="display: none"><input type="email" name="email">
</form></div></body></html>"""

PRESTASHOP = """<!doctype html><html lang="fr-FR">
<body id="authentication" class="lang-fr page-authentication"><header>
<a href="/connexion" title="Identifiez-vous">Connexion</a></header><section id="content">
<section class="login-form">
[[<div class="help-block"><ul><li class="alert alert-danger">{said}</li></ul></div>]]
<form id="login-form" action="/connexion" method="post"><div class="form-group row">
<label for="field-email">E-mail</label>
<input id="field-email" class="form-control" name="email" type="email" required></div>
<div class="form-group row">
<label for="field-password">Mot de passe</label>
<input id="field-password" name="password" type="password" required></div>
<button id="submit-login" type="submit">Connexion</button></form></section></section>
<form action="/#footer" method="post"><input name="email" type="email" placeholder="Votre adresse e-mail">
</form></body></html>"""

ASPNET = """<!DOCTYPE html><html lang="en"><head><title>Log in - Web</title></head><body><header>
<a href="/">Web</a></header>
<h1>Log in</h1><form id="account" method="post"><h2>Use a local account to log in.</h2><hr>
<div class="[[text-danger ]]validation-summary" role="alert">[[<ul><li>{said}</li></ul>]]</div>
<div class="form-floating"><input class="form-control" autocomplete="username" type="email" id="Input_Email"
name="Input.Email"><label for="Input_Email">Email</label><span class="text-danger field-validation-valid">
</span></div>
<div class="form-floating">
<input class="form-control" type="password" id="Input_Password" name="Input.Password">
<label for="Input_Password">Password</label></div><button id="login-submit" type="submit">Log in</button>
<input name="__RequestVerificationToken" type="hidden" value="C"></form></body></html>"""

ASPNET_LOCKOUT = """<!DOCTYPE html><html lang="en"><head><title>Locked out - Web</title></head><body>
<header><ul><li><a href="/Identity/Account/Login">Login</a></li></ul></header>
<main><header><h1 class="text-danger">Locked out</h1>
<p class="text-danger">This account has been locked out, please try again later.</p></header></main></body>
</html>"""

MICROSOFT = """<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>
<div role="main">
<div role="heading" aria-level="1">Enter password</div><form name="f1" method="post" action="/common/login">
[[<div id="passwordError" class="alert alert-error" aria-live="assertive">{said}</div>]]
<input name="passwd" type="password" id="i0118" autocomplete="off" placeholder="Password"
aria-required="true">
<input type="hidden" name="login" value="ada@shop.example"><input type="hidden" name="flowToken" value="F">
<a id="idA_PWD_ForgotPassword" href="#">Forgot my password</a>
<input type="submit" id="idSIButton9" value="Sign in">
</form></div></body></html>"""

OKTA = """<!DOCTYPE html><html><head><title>Shop - Sign In</title></head><body class="auth okta-container">
<div id="okta-sign-in">
<form method="POST" action="/login/do-login" class="primary-auth-form o-form">
<h2 class="okta-form-title">Sign In</h2>
<div class="o-form-error-container[[ o-form-has-errors]]" role="alert">[[<div
class="okta-form-infobox-error infobox
infobox-error"><span class="icon error-16"></span><p>{said}</p></div>]]</div>
<label for="okta-signin-username">Username</label>
<input type="text" name="username" id="okta-signin-username">
<label for="okta-signin-password">Password</label>
<input type="password" name="password" id="okta-signin-password">
<input class="button button-primary" type="submit" value="Sign In"></form></div></body></html>"""

OLD = """<html><head><title>Mitglieder</title></head><body bgcolor="#ffffff"><table><tr><td>
[[<font color="#ff0000">{said}</font><br>]]<form action="login.php" method="post">Benutzer:
<input name="benutzer"> Kennwort: <input type="password" name="kennwort"> <input type="submit"
value="Anmelden"></form>
</td></tr></table><p>Nach drei Fehlversuchen ist Ihr Konto gesperrt. Konto gesperrt? Rufen Sie uns an.</p>
</body></html>"""

PLAIN = """<html lang="x"><body>
<h1>Sign in</h1>[[<p role="alert">{said}</p>]]<form method="post" action="/login">
<input type="hidden" name="csrf" value="1"><input name="username"><input type="password" name="password">
<button>Go</button>
</form></body></html>"""

WP_FIELDS, MAGENTO_FIELDS = "log pwd", "login[username] login[password]"
USER_AND_PASSWORD = "username password"


def saying(page: str, said: str, more: str = "") -> str:
    return page.replace("{said}", said).replace("{more}", more)


CASES = [
    Case(
        "Django admin",
        USER_AND_PASSWORD,
        DJANGO,
        LoginRejected,
        "Please enter the correct username and password",
    ),
    Case(
        "Django CSRF",
        USER_AND_PASSWORD,
        DJANGO,
        LoginUnavailable,
        "CSRF verification failed",
        DJANGO_CSRF,
        403,
    ),
    Case(
        "django-axes",
        USER_AND_PASSWORD,
        DJANGO,
        AccountLocked,
        "Account locked: too many login attempts",
        "Account locked: too many login attempts. Please try again later.",
        429,
    ),
    Case(
        "Django, no account",
        USER_AND_PASSWORD,
        DJANGO.replace(
            "Please enter the correct username and password for a staff account.", "This account is inactive."
        ),
        AccountLocked,
        "This account is inactive",
    ),
    Case(
        "allauth",
        "login password",
        saying(ALLAUTH, "The email address and/or password you specified are not correct."),
        LoginRejected,
        "are not correct",
    ),
    Case(
        "allauth rate limit",
        "login password",
        saying(ALLAUTH, "Too many failed login attempts. Try again later."),
        RateLimited,
        "Too many failed login attempts",
    ),
    Case(
        "WordPress",
        WP_FIELDS,
        saying(
            WORDPRESS,
            '<div id="login_error" class="notice notice-error"><p><strong>Error:</strong> The '
            "password you entered for the "
            'username <strong>ada</strong> is incorrect. <a href="/lost">Lost your password?</a></p></div>',
        ),
        LoginRejected,
        "Error: The password you entered for the username ada is incorrect. Lost your password?",
    ),
    Case(
        "WordPress cookies",
        WP_FIELDS,
        saying(
            WORDPRESS,
            '<div id="login_error"><strong>Error:</strong> Cookies are blocked or not supported by '
            "your browser. You must "
            '<a href="/x">enable cookies</a> to use WordPress.</div>',
        ),
        LoginUnavailable,
        "Cookies are blocked",
    ),
    Case(
        "Limit Login Attempts",
        WP_FIELDS,
        saying(
            WORDPRESS,
            '<div id="login_error"><strong>ERROR</strong>: Too many failed login attempts. Please '
            "try again in 20 "
            "minutes.</div>",
        ),
        RateLimited,
        "Please try again in 20 minutes",
    ),
    Case(
        "Limit Login Attempts, some left",
        WP_FIELDS,
        saying(
            WORDPRESS,
            '<div id="login_error"><strong>ERROR</strong>: Incorrect username or '
            "password.<br><br><strong>2</strong> "
            "attempts remaining.</div>",
        ),
        LoginRejected,
        "Incorrect username or password. 2 attempts remaining",
    ),
    Case(
        "WordPress in Spanish",
        WP_FIELDS,
        saying(
            WORDPRESS,
            '<div id="login_error"><p><strong>Error:</strong> la contraseña que has introducido para '
            "el nombre de usuario "
            "<strong>ada</strong> no es correcta. ¿Has olvidado tu contraseña?</p></div>",
        ),
        LoginRejected,
        "no es correcta",
    ),
    Case(
        "phpBB",
        USER_AND_PASSWORD,
        saying(
            PHPBB,
            '<div class="error">You have specified an incorrect password. Please check your password '
            "and try again. If you "
            "continue to have problems please contact the Board Administrator.</div>",
        ),
        LoginRejected,
        "You have specified an incorrect password",
    ),
    Case(
        "phpBB captcha",
        USER_AND_PASSWORD,
        saying(
            PHPBB,
            '<div class="error">You exceeded the maximum allowed number of login attempts. In '
            "addition to your username and "
            "password you now also have to solve the CAPTCHA below.</div>"
            '<dl><dt><label for="confirm_code">Confirmation code</label></dt>'
            '<dd><img src="./ucp.php?mode=confirm&amp;confirm_id=1" alt="Confirmation code" class="captcha">'
            '<input type="text" name="confirm_code" id="confirm_code"></dd></dl>',
        ),
        CaptchaRequired,
        "have to solve the CAPTCHA",
    ),
    Case(
        "phpBB form token",
        USER_AND_PASSWORD,
        saying(PHPBB, '<div class="error">The submitted form was invalid. Try submitting again.</div>'),
        LoginUnavailable,
        "The submitted form was invalid",
    ),
    Case(
        "Keycloak",
        USER_AND_PASSWORD,
        saying(KEYCLOAK, "Invalid username or password."),
        LoginRejected,
        "Invalid username",
    ),
    Case(
        "Keycloak in German",
        USER_AND_PASSWORD,
        saying(KEYCLOAK, "Ungültiger Benutzername oder Passwort."),
        LoginRejected,
        "Ungültiger Benutzername",
    ),
    Case(
        "Keycloak, disabled",
        USER_AND_PASSWORD,
        saying(KEYCLOAK, "Account is disabled, contact your administrator."),
        AccountLocked,
        "Account is disabled",
    ),
    Case(
        "Keycloak, page expired",
        USER_AND_PASSWORD,
        KEYCLOAK,
        LoginUnavailable,
        "Page has expired",
        '<h1 id="kc-page-title">Page has expired</h1><p>To restart the login process <a '
        'href="/r">Click here</a>.</p>',
        400,
    ),
    Case(
        "Spring Security",
        USER_AND_PASSWORD,
        saying(SPRING, "Bad credentials"),
        LoginRejected,
        "Bad credentials",
    ),
    Case(
        "Spring, locked",
        USER_AND_PASSWORD,
        saying(SPRING, "User account is locked"),
        AccountLocked,
        "is locked",
    ),
    Case(
        "Spring, expired",
        USER_AND_PASSWORD,
        saying(SPRING, "User credentials have expired. Your password has expired."),
        PasswordExpired,
        "password has expired",
    ),
    Case(
        "Devise",
        "user[email] user[password]",
        saying(DEVISE, "Invalid Email or password."),
        LoginRejected,
        "Invalid Email or password",
        status=422,
    ),
    Case(
        "Devise, last attempt",
        "user[email] user[password]",
        saying(DEVISE, "You have one more attempt before your account is locked."),
        LoginRejected,
        "one more attempt",
    ),
    Case(
        "Devise, locked",
        "user[email] user[password]",
        saying(DEVISE, "Your account is locked."),
        AccountLocked,
        "Your account is locked",
    ),
    Case(
        "Devise, timed out",
        "user[email] user[password]",
        saying(DEVISE, "Your session expired. Please sign in again to continue."),
        LoginUnavailable,
        "Your session expired",
    ),
    Case(
        "Rails token",
        "user[email] user[password]",
        DEVISE,
        LoginUnavailable,
        "The change you wanted was rejected",
        RAILS_422,
        422,
    ),
    Case(
        "Laravel",
        "email password",
        saying(LARAVEL, "These credentials do not match our records."),
        LoginRejected,
        "These credentials do not match our records",
    ),
    Case(
        "Laravel throttle",
        "email password",
        saying(LARAVEL, "Too many login attempts. Please try again in 58 seconds."),
        RateLimited,
        "Please try again in 58 seconds",
    ),
    Case(
        "Laravel token",
        "email password",
        LARAVEL,
        LoginUnavailable,
        "",
        '<title>Page Expired</title><div class="text-lg">419</div><div class="ml-4">Page Expired</div>',
        419,
    ),
    Case(
        "Laravel 429",
        "email password",
        LARAVEL,
        RateLimited,
        "",
        "<title>Too Many Requests</title><div>429</div><div>Too Many Requests</div>",
        429,
        headers={"Retry-After": "58"},
    ),
    Case(
        "GitLab",
        "user[login] user[password]",
        saying(GITLAB, "Invalid login or password."),
        LoginRejected,
        "says “Invalid login or password.”",
    ),
    Case(
        "GitLab, blocked",
        "user[login] user[password]",
        saying(
            GITLAB,
            "Your account has been blocked. Please contact your GitLab administrator if you think "
            "this is an error.",
        ),
        AccountLocked,
        "has been blocked",
    ),
    Case(
        "Gitea",
        "user_name password",
        saying(GITEA, "Username or password is incorrect."),
        LoginRejected,
        "Username or password is incorrect",
    ),
    Case(
        "Nextcloud",
        "user password",
        saying(NEXTCLOUD, "Wrong username or password."),
        LoginRejected,
        "says “Wrong username or password.”",
    ),
    Case(
        "Nextcloud throttle",
        "user password",
        saying(
            NEXTCLOUD,
            "We have detected multiple invalid login attempts from your IP. Therefore your next "
            "login is throttled up to 30 "
            "seconds.",
        ),
        LoginRejected,
        "multiple invalid login attempts",
    ),
    Case(
        "Jenkins", "j_username j_password", JENKINS, LoginRejected, "Invalid username or password", status=401
    ),
    Case(
        "MediaWiki",
        "wpName wpPassword",
        saying(MEDIAWIKI, "Incorrect username or password entered. Please try again."),
        LoginRejected,
        "Incorrect username or password entered",
    ),
    Case(
        "MediaWiki throttle",
        "wpName wpPassword",
        saying(
            MEDIAWIKI,
            "You have made too many recent login attempts. Please wait 5 minutes before trying again.",
        ),
        RateLimited,
        "wait 5 minutes",
    ),
    Case(
        "MediaWiki captcha",
        "wpName wpPassword",
        saying(
            MEDIAWIKI,
            "Incorrect or missing CAPTCHA.",
            '<div class="mw-confirmEdit-questyCaptcha">To protect the wiki, please answer the '
            "question: What is 3 + 4?"
            '<input name="wpCaptchaWord" id="wpCaptchaWord" autocomplete="off"></div>',
        ),
        CaptchaRequired,
        "missing CAPTCHA",
    ),
    Case(
        "MediaWiki token",
        "wpName wpPassword",
        saying(
            MEDIAWIKI,
            "There seems to be a problem with your login session; this action has been canceled as a "
            "precaution against "
            "session hijacking. Please resubmit the form. Cookies must be enabled.",
        ),
        LoginUnavailable,
        "problem with your login session",
    ),
    Case(
        "Moodle",
        USER_AND_PASSWORD,
        saying(MOODLE, "Invalid login, please try again"),
        LoginRejected,
        "says “Invalid login, please try again”",
    ),
    Case(
        "Moodle session",
        USER_AND_PASSWORD,
        saying(MOODLE, "Your session has timed out. Please log in again."),
        LoginUnavailable,
        "Your session has timed out",
    ),
    Case(
        "Drupal",
        "name pass",
        saying(
            DRUPAL,
            'Unrecognized username or password. <a href="/user/password?name=ada">Forgot your password?</a>',
        ),
        LoginRejected,
        "Unrecognized username or password",
    ),
    Case(
        "Drupal flood",
        "name pass",
        saying(
            DRUPAL,
            "There have been more than 5 failed login attempts for this account. It is temporarily "
            "blocked. Try again later "
            "or <a href=/user/password>request a new password</a>.",
        ),
        AccountLocked,
        "It is temporarily blocked",
        status=403,
    ),
    Case(
        "Drupal flood by IP",
        "name pass",
        saying(
            DRUPAL,
            "Too many failed login attempts from your IP address. This IP address is temporarily "
            "blocked. Try again later.",
        ),
        RateLimited,
        "Too many failed login attempts",
        status=403,
    ),
    Case(
        "Drupal, blocked",
        "name pass",
        saying(DRUPAL, "The username <em class=placeholder>ada</em> has not been activated or is blocked."),
        LoginRejected,
        "has not been activated or is blocked",
    ),
    Case(
        "Joomla",
        USER_AND_PASSWORD,
        saying(JOOMLA, "Username and password do not match or you do not have an account yet."),
        LoginRejected,
        "Username and password do not match",
    ),
    Case(
        "Joomla token",
        USER_AND_PASSWORD,
        saying(
            JOOMLA,
            "The security token did not match. The request was aborted to prevent any security breach.",
        ),
        LoginUnavailable,
        "The security token did not match",
    ),
    Case(
        "Magento",
        MAGENTO_FIELDS,
        saying(
            MAGENTO,
            "The account sign-in was incorrect or your account is disabled temporarily. Please wait "
            "and try again later.",
        ),
        LoginRejected,
        "The account sign-in was incorrect",
    ),
    Case(
        "Magento form key",
        MAGENTO_FIELDS,
        saying(MAGENTO, "Invalid Form Key. Please refresh the page."),
        LoginUnavailable,
        "Invalid Form Key",
    ),
    Case(
        "Shopify",
        "customer[email] customer[password]",
        SHOPIFY,
        LoginRejected,
        "says “Incorrect email or password.”",
    ),
    Case(
        "PrestaShop",
        "email password",
        saying(PRESTASHOP, "Échec d'authentification"),
        LoginRejected,
        "Échec d'authentification",
    ),
    Case(
        "PrestaShop, disabled",
        "email password",
        saying(PRESTASHOP, "Votre compte n'est pas disponible pour le moment, veuillez nous contacter"),
        LoginRejected,
        "Votre compte n'est pas disponible",
    ),
    Case(
        "ASP.NET Identity",
        "Input.Email Input.Password",
        saying(ASPNET, "Invalid login attempt."),
        LoginRejected,
        "says “Invalid login attempt.”",
    ),
    Case(
        "ASP.NET Identity lockout",
        "Input.Email Input.Password",
        ASPNET,
        AccountLocked,
        "says “Locked out”",
        ASPNET_LOCKOUT,
    ),
    Case(
        "Microsoft",
        "passwd",
        saying(
            MICROSOFT,
            "Your account or password is incorrect. If you don't remember your password, reset it now.",
        ),
        LoginRejected,
        "Your account or password is incorrect",
    ),
    Case(
        "Microsoft, locked",
        "passwd",
        saying(
            MICROSOFT,
            "Your account is temporarily locked to prevent unauthorized use. Try again later, and if "
            "you still have trouble, "
            "contact your admin.",
        ),
        AccountLocked,
        "temporarily locked",
    ),
    Case(
        "Okta",
        USER_AND_PASSWORD,
        saying(OKTA, "Unable to sign in"),
        LoginRejected,
        "says “Unable to sign in”",
    ),
    Case(
        "Okta, locked",
        USER_AND_PASSWORD,
        saying(OKTA, "Your account is locked. Contact your administrator."),
        AccountLocked,
        "Your account is locked",
    ),
    Case(
        "no class at all",
        "benutzer kennwort",
        saying(OLD, "Das Kennwort ist falsch."),
        LoginRejected,
        "says “Das Kennwort ist falsch.”",
    ),
    Case(
        "no class at all, locked",
        "benutzer kennwort",
        saying(OLD, "Ihr Zugang wurde nach 3 Fehlversuchen gesperrt."),
        AccountLocked,
        "wurde nach 3 Fehlversuchen gesperrt",
    ),
    Case("no word", USER_AND_PASSWORD, PLAIN.replace("{said}", ""), LoginRejected),
    Case(
        "Grafana",
        USER_AND_PASSWORD,
        PLAIN,
        LoginRejected,
        "Invalid username or password",
        '{"message":"Invalid username or '
        'password","messageId":"password-auth.failed","statusCode":401,"traceID":""}',
        401,
        "application/json",
    ),
    Case(
        "Discourse",
        USER_AND_PASSWORD,
        PLAIN,
        LoginRejected,
        "Incorrect username, email or password",
        '{"error":"Incorrect username, email or password"}',
        200,
        "application/json; charset=utf-8",
    ),
    Case(
        "Discourse rate limit",
        USER_AND_PASSWORD,
        PLAIN,
        RateLimited,
        "You’ve performed this action too many times",
        '{"errors":["You’ve performed this action too many times. Please wait 14 minutes before '
        'trying again."],'
        '"error_type":"rate_limit"}',
        429,
        "application/json; charset=utf-8",
    ),
    Case(
        "Discourse CSRF",
        USER_AND_PASSWORD,
        PLAIN,
        LoginUnavailable,
        "BAD CSRF",
        '["BAD CSRF"]',
        403,
        "application/json",
    ),
    Case(
        "Django REST",
        USER_AND_PASSWORD,
        PLAIN,
        LoginRejected,
        "Unable to log in with provided credentials",
        '{"non_field_errors":["Unable to log in with provided credentials."]}',
        400,
        "application/json",
    ),
    Case(
        "OAuth",
        USER_AND_PASSWORD,
        PLAIN,
        AccountLocked,
        "User account is locked",
        '{"error":"invalid_grant","error_description":"User account is locked"}',
        400,
        "application/json",
    ),
    Case(
        "JSON that went on",
        USER_AND_PASSWORD,
        PLAIN,
        None,
        "",
        '{"error":null,"next":"/"}',
        200,
        "application/json",
    ),
    Case("locked by status", USER_AND_PASSWORD, PLAIN, AccountLocked, "", "", 423),
    Case("forbidden", USER_AND_PASSWORD, PLAIN, None, "", "<h1>403 Forbidden</h1>", 403),
    Case(
        "forbidden, locked",
        USER_AND_PASSWORD,
        PLAIN,
        AccountLocked,
        "",
        "<h1>Your account has been suspended</h1>",
        403,
    ),
    Case("unauthorized", USER_AND_PASSWORD, PLAIN, LoginRejected, "", "<h1>Unauthorized</h1>", 401),
    Case("broken", USER_AND_PASSWORD, PLAIN, LoginUnavailable, "", "<h1>Bad Gateway</h1>", 502),
    Case(
        "Node-RED lockout",
        USER_AND_PASSWORD,
        PLAIN,
        RateLimited,
        "Too many login attempts",
        '{"message":"Too many login attempts. Wait 10 minutes and try again"}',
        500,
        "application/json",
    ),
]
