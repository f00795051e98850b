// What makes a message a reply, and how many there are.

/** Whether a message stands in a thread below another. */
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** How many replies, in words. */
export function replyCount(n, { t }) {
  return n === 1 ? t("1 reply") : t("{n} replies", { n });
}
