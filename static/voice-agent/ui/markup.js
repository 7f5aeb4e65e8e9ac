// What an element shows, one store for the element and for the service, which writes it into its pages so that something
// is painted before a script has run (app/web/markup.py). JSON between the outer braces.
//
// ["tag.class#id", {attribute: value}, ...children]; "$call.states" is a text, "@stage" a piece from here, and
// ["icon", name, class] an icon. true: an attribute without a value.

/** @type {Record<string, any>} */
// prettier-ignore
export const MARKUP = {
  "root": ["div.voice-agent", {"data-state": "idle", "data-speaking": "none", "data-muted": "false", "data-conversation": "empty"}],

  "full": ["div.frame", {"part": "frame"}, "@stage", "@conversation", "@dock", "@access"],

  "page": ["@full", "@pointer"],

  "compact": ["div.frame", {"part": "frame"}, "@call", "@status", "@problem", "@access"],

  "floating": [
    ["section.panel#panel", {"part": "panel", "role": "dialog", "hidden": true},
      ["header.panel__head",
        ["h2.panel__title#panel-title"],
        ["button.button.button--quiet.button--round#panel-close", {"type": "button", "aria-label": "$element.close"}, ["icon", "close"]]
      ],
      "@full"
    ],
    ["button.launcher#launcher", {"part": "launcher", "type": "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel"},
      ["icon", "mic"],
      ["span.launcher__dot"]
    ]
  ],

  "stage": ["section.stage", {"part": "stage", "aria-label": "$templates.stage.region"},
    ["div.orb#orb", {"part": "orb", "aria-hidden": "true"},
      ["div.orb__halo"],
      ["svg.orb__progress", {"viewBox": "0 0 100 100", "focusable": "false"}, ["circle", {"cx": "50", "cy": "50", "r": "48.5", "pathLength": "100"}]],
      ["canvas.orb__ring#orb-ring"],
      ["div.orb__core"]
    ],
    "@status",
    ["div.stage__promise", ["slot", {"name": "promise"}]],
    "@problem"
  ],

  "status": ["div.status", {"part": "status"},
    ["output.status__state#status", {"aria-label": "$templates.stage.state"},
      ["span#status-name", "$call.states.idle.name"], " ", ["span.status__detail#status-detail"]
    ],
    ["p.status__speaking#speaking"],
    ["p.status__time", {"role": "timer", "aria-live": "off"},
      ["span.visually-hidden", "$templates.stage.elapsed"], " ", ["time#elapsed", "0:00"], " ", ["span.status__left#time-left"]
    ]
  ],

  "problem": ["div.problem#problem", {"part": "problem", "role": "alert"}],

  "pointer": ["p.pointer#pointer", {"aria-hidden": "true", "hidden": true}, ["icon", "back", "pointer__arrow"], "$call.asking.pointer"],

  "conversation": ["section.conversation", {"part": "conversation", "aria-labelledby": "conversation-title"},
    ["header.conversation__head",
      ["h2.conversation__title#conversation-title", "$templates.conversation.title"],
      ["div.copy",
        ["output.copy__said#copy-said"],
        ["button.button.button--quiet.button--round#copy-open", {"type": "button", "aria-expanded": "false", "aria-controls": "copy-list", "aria-label": "$templates.conversation.take", "title": "$templates.conversation.take"}, ["icon", "take"]],
        ["ul.copy__list#copy-list", {"hidden": true},
          ["li", ["button.copy__take", {"type": "button", "data-take": "copy"}, ["icon", "copy"], "$templates.conversation.copy"]],
          ["li", ["button.copy__take", {"type": "button", "data-take": "text"}, ["icon", "down-to"], "$templates.conversation.text"]],
          ["li", ["button.copy__take", {"type": "button", "data-take": "json"}, ["icon", "down-to"], "$templates.conversation.json"]],
          ["li", ["button.copy__take", {"type": "button", "data-take": "captions"}, ["icon", "down-to"], "$templates.conversation.captions"]]
        ]
      ]
    ],
    ["div.conversation__log#log", {"role": "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "$templates.conversation.title", "tabindex": "0"}],
    ["p.conversation__empty", "$templates.conversation.empty"],
    ["button.conversation__latest.button.button--quiet#latest", {"type": "button", "hidden": true}, ["icon", "down"], "$templates.conversation.latest"],
    ["form.composer#composer", {"part": "composer", "autocomplete": "off"},
      ["input.composer__text", {"name": "text", "type": "text", "maxlength": "2000", "aria-label": "$templates.conversation.message", "placeholder": "$templates.conversation.placeholder", "enterkeyhint": "send", "disabled": true}],
      ["button.composer__send", {"type": "submit", "aria-label": "$templates.conversation.send", "disabled": true}, ["icon", "send"]]
    ]
  ],

  "dock": ["div.dock", {"part": "dock", "role": "group", "aria-label": "$templates.dock.controls"},
    ["button.mute#mute", {"part": "mute", "type": "button", "data-muted": "false", "hidden": true},
      ["icon", "mic", "mute__on"], ["icon", "mic-off", "mute__off"], ["span.mute__label#mute-label", "$call.muteButton.mute"]
    ],
    "@call",
    ["p.dock__hint", "$templates.dock.hint"]
  ],

  "call": ["button.call-button#call", {"part": "button", "type": "button"},
    ["icon", "mic", "call-button__start"], ["icon", "end", "call-button__end"],
    ["span#call-label", "$call.callButton.start"],
    ["span.call-button__wait#call-wait", {"aria-hidden": "true"}]
  ],

  "access": ["dialog.ask#access", {"part": "access", "aria-labelledby": "access-title", "aria-describedby": "access-text"},
    ["form.ask__form#access-form", {"autocomplete": "off", "novalidate": true},
      ["h2#access-title", "$templates.access.title"],
      ["p.ask__text#access-text", "$templates.access.text"],
      ["div.field",
        ["label", {"for": "access-code"}, "$templates.access.code"],
        ["input#access-code", {"type": "text", "maxlength": "128", "autocomplete": "off", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "enterkeyhint": "go", "aria-describedby": "access-error", "required": true, "autofocus": true}],
        ["p.field__error#access-error", {"role": "alert"}]
      ],
      ["div.ask__actions",
        ["button.button.button--quiet#access-cancel", {"type": "button"}, "$templates.access.cancel"],
        ["button.button.button--solid#access-submit", {"type": "submit"}, "$call.access.submit"]
      ]
    ]
  ]
};
