// What a newcomer is told to try.

export function quickstartLines(proxy: string): string[] {
  return [
    "",
    "This is the quickstart. Try, in another terminal:",
    `  curl -i ${proxy}/echo/hello                           # 200: forwarded to the echo service`,
    `  curl -i ${proxy}/private                              # 401: key-auth wants a key`,
    `  curl -i ${proxy}/private -H 'apikey: quickstart-key'  # 200, and 429 from the sixth in a minute on`,
  ];
}
