/** Puts text on the clipboard; false where the browser allows neither way (the text then stays selected). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no clipboard object, but what is selected may still be copied.
    return document.execCommand("copy");
  }
}
