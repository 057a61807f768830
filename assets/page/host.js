// Whether a server stands behind the page: plain files hold what was recorded beforehand, and compute nothing new.

export const isLive = () => !document.body.classList.contains("static");
export const NEEDS_LIVE = "needs the live explorer";
