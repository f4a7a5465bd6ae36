() => {
  // Of the same shape as the service's own tokens.
  const key = "biopsia-visitor", shape = /^[A-Za-z0-9_-]{43}$/;
  const make = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const text = btoa(String.fromCharCode(...bytes));
    return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  let token = "";
  try {
    token = localStorage.getItem(key) ?? "";
    if (!shape.test(token)) {
      token = make();
      localStorage.setItem(key, token);
    }
  } catch {
    // Storage may be blocked too; then the token lasts as long as the page, which says so.
    token = shape.test(token) ? token : make();
    document.documentElement.classList.add("bp-forgetful");
  }
  return [token, Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""];
}
