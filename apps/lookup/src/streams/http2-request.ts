import { readDohRequest, type DohRequest } from './doh-exchange.js';

/** The headers of one request that matter, and whether all of them may be (RFC 9113 §8.2, §8.3). One serves a connection. */
export class RequestHead {
  private method: string | undefined;
  private path: string | undefined;
  private scheme: string | undefined;
  private contentType: string | undefined;
  private contentLength: string | undefined;
  private isMalformed = false;
  private isPastPseudo = false;

  begin(): void {
    this.method = this.path = this.scheme = this.contentType = this.contentLength = undefined;
    this.isMalformed = this.isPastPseudo = false;
  }

  readonly field = (name: string, value: string): void => {
    if (name.startsWith(':')) {
      if (this.isPastPseudo) this.isMalformed = true;
      switch (name) {
        case ':method':
          if (this.method !== undefined) this.isMalformed = true;
          this.method = value;
          return;
        case ':path':
          if (this.path !== undefined) this.isMalformed = true;
          this.path = value;
          return;
        case ':scheme':
          if (this.scheme !== undefined) this.isMalformed = true;
          this.scheme = value;
          return;
        case ':authority':
          return;
        default:
          this.isMalformed = true;
          return;
      }
    }
    this.isPastPseudo = true;
    if (name === 'content-type') this.contentType = value;
    else if (name === 'content-length') this.contentLength = value;
    else if (name === 'connection' || name === 'transfer-encoding' || name === '' || /[A-Z]/.test(name))
      this.isMalformed = true;
  };

  isWellFormed(): boolean {
    const isWhole =
      this.method === 'CONNECT' || (this.path !== undefined && this.path !== '' && this.scheme !== undefined);
    return !this.isMalformed && this.method !== undefined && isWhole;
  }

  get isHead(): boolean {
    return this.method === 'HEAD';
  }

  read(): DohRequest {
    return readDohRequest(this.method ?? '', this.path ?? '', (name) =>
      name === 'content-type' ? this.contentType : this.contentLength,
    );
  }
}
