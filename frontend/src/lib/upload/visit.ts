/** The response of `POST /tickets/`: credentials of this browser's visitor for a short time. */
export interface Ticket {
  ticket: string;
  /** ISO 8601. */
  expires_at: string;
}

/** A ticket must last until its upload has arrived. */
const MARGIN_MS = 60_000;

/**
 * The visitor that this page's uploads belong to.
 *
 * A browser without the cookie would become somebody else with each of several first requests at
 * once, so one request goes ahead: that for a ticket brings the cookie too.
 */
export class Visit {
  private asked: Promise<Ticket> | null = null;

  constructor(
    private readonly request: () => Promise<Ticket>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Resolves when the browser has its cookie; sends one request for each page load. */
  async establish(): Promise<void> {
    await (this.asked ?? this.renew());
  }

  /** A ticket that is valid for a while. */
  async ticket(): Promise<Ticket> {
    const ticket = await (this.asked ?? this.renew());
    return Date.parse(ticket.expires_at) - MARGIN_MS > this.now() ? ticket : this.renew();
  }

  /** A new ticket, in place of one that the API refuses. */
  renew(): Promise<Ticket> {
    const asked = this.request();
    this.asked = asked;
    asked.catch(() => {
      this.asked = this.asked === asked ? null : this.asked;
    });
    return asked;
  }
}
