// What the widget says, by language. A site can add a language: import `WORDS` and set it.

const en = {
  title: "Ask the documents",
  open: "Ask a question",
  close: "Close",
  greeting: "Ask a question about the documents.",
  placeholder: "Your question",
  send: "Ask",
  stop: "Stop",
  retry: "Ask again",
  clear: "New conversation",
  you: "You asked",
  working: "Looking in the documents…",
  source: "Source",
  sources: "Sources",
  quote: "Quote",
  nearest: "The nearest passages",
  rephrase: "Try other words, or ask about one thing at a time.",
  stopped: "Stopped.",
  cut: "The connection broke before the answer was complete.",
  offline: "The service cannot be reached.",
  failed: "There was no answer.",
  newAnswer: "New answer",
};

const de = {
  title: "Die Dokumente fragen",
  open: "Eine Frage stellen",
  close: "Schließen",
  greeting: "Stellen Sie eine Frage zu den Dokumenten.",
  placeholder: "Ihre Frage",
  send: "Fragen",
  stop: "Anhalten",
  retry: "Noch einmal fragen",
  clear: "Neues Gespräch",
  you: "Ihre Frage",
  working: "Die Dokumente werden durchsucht …",
  source: "Quelle",
  sources: "Quellen",
  quote: "Zitat",
  nearest: "Die nächsten Textstellen",
  rephrase: "Fragen Sie mit anderen Worten, oder nach einer Sache allein.",
  stopped: "Angehalten.",
  cut: "Die Verbindung brach ab, bevor die Antwort vollständig war.",
  offline: "Der Dienst ist nicht erreichbar.",
  failed: "Es kam keine Antwort.",
  newAnswer: "Neue Antwort",
};

const fr = {
  title: "Interroger les documents",
  open: "Poser une question",
  close: "Fermer",
  greeting: "Posez une question sur les documents.",
  placeholder: "Votre question",
  send: "Demander",
  stop: "Arrêter",
  retry: "Redemander",
  clear: "Nouvelle conversation",
  you: "Votre question",
  working: "Recherche dans les documents…",
  source: "Source",
  sources: "Sources",
  quote: "Citation",
  nearest: "Les passages les plus proches",
  rephrase: "Essayez d’autres mots, ou une seule chose à la fois.",
  stopped: "Arrêté.",
  cut: "La connexion s’est interrompue avant la fin de la réponse.",
  offline: "Le service est injoignable.",
  failed: "Il n’y a pas eu de réponse.",
  newAnswer: "Nouvelle réponse",
};

/** @type {Record<string, typeof en>} */
export const WORDS = { en, de, fr };

/** Return the words of a language, such as `de-AT`, or English ones. @param {string} language */
export const wordsOf = (language) => WORDS[language.toLowerCase().split("-")[0] ?? ""] ?? en;
