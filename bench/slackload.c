/* Sends slash commands as Slack does: each a distinct form POST, signed when it is sent.
 * Closed loop (-c N): N connections, each waits for its answer. Open loop (-r RATE): random arrivals (Poisson); a request's
 * time counts from when it was due, so a stalled server is charged for the queue it causes.
 * A request that is never answered, or never sent because every connection is busy, counts with the time waited for it.
 * One file, no dependencies: cc -O2 -o slackload slackload.c -lm */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
/* ---- sha256 / hmac ---- */
typedef struct {
    uint32_t h[8];
    uint64_t len;
    uint8_t b[64];
    size_t n;
} sha;
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
#define R(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
static void blk(sha *s, const uint8_t *p) {
    uint32_t w[64], a, b, c, d, e, f, g, h;
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + (R(w[i - 15], 7) ^ R(w[i - 15], 18) ^ (w[i - 15] >> 3)) + w[i - 7] +
               (R(w[i - 2], 17) ^ R(w[i - 2], 19) ^ (w[i - 2] >> 10));
    a = s->h[0];
    b = s->h[1];
    c = s->h[2];
    d = s->h[3];
    e = s->h[4];
    f = s->h[5];
    g = s->h[6];
    h = s->h[7];
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = h + (R(e, 6) ^ R(e, 11) ^ R(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i],
                 t2 = (R(a, 2) ^ R(a, 13) ^ R(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    s->h[0] += a;
    s->h[1] += b;
    s->h[2] += c;
    s->h[3] += d;
    s->h[4] += e;
    s->h[5] += f;
    s->h[6] += g;
    s->h[7] += h;
}
static void sinit(sha *s) {
    static const uint32_t H[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, H, 32);
    s->len = 0;
    s->n = 0;
}
static void sup(sha *s, const void *v, size_t n) {
    const uint8_t *p = v;
    s->len += n;
    while (n) {
        size_t k = 64 - s->n;
        if (k > n)
            k = n;
        memcpy(s->b + s->n, p, k);
        s->n += k;
        p += k;
        n -= k;
        if (s->n == 64) {
            blk(s, s->b);
            s->n = 0;
        }
    }
}
static void sfin(sha *s, uint8_t *o) {
    uint64_t bits = s->len * 8;
    uint8_t z = 0x80;
    sup(s, &z, 1);
    z = 0;
    while (s->n != 56)
        sup(s, &z, 1);
    uint8_t l[8];
    for (int i = 0; i < 8; i++)
        l[i] = bits >> (56 - 8 * i);
    sup(s, l, 8);
    for (int i = 0; i < 8; i++) {
        o[4 * i] = s->h[i] >> 24;
        o[4 * i + 1] = s->h[i] >> 16;
        o[4 * i + 2] = s->h[i] >> 8;
        o[4 * i + 3] = s->h[i];
    }
}
static sha hin, hout;
static void hkey(const char *k) {
    uint8_t p[64] = {0}, q[64];
    size_t n = strlen(k);
    if (n > 64) {
        sha s;
        sinit(&s);
        sup(&s, k, n);
        sfin(&s, p);
    } else
        memcpy(p, k, n);
    for (int i = 0; i < 64; i++) {
        q[i] = p[i] ^ 0x5c;
        p[i] ^= 0x36;
    }
    sinit(&hin);
    sup(&hin, p, 64);
    sinit(&hout);
    sup(&hout, q, 64);
}
/* ---- options ---- */
static const char *host = "127.0.0.1", *path = "/slack/events", *secret = "test-signing-secret", *cmd = "/noop",
                  *text = "", *want = 0;
static int port = 3000, conc = 16, maxconn = 512, status_want = 200, users = 1, loans = 10;
static double rate = 0, dur = 5, warm = 1;
static const uint64_t PATIENCE = 5000000000ull, SLACK_GIVES_UP = 3000000000ull;
static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}
static uint64_t rs = 88172645463325252ull;
static uint64_t rnd(void) {
    rs ^= rs << 13;
    rs ^= rs >> 7;
    rs ^= rs << 17;
    return rs;
}
static long serial;
static uint64_t runid;
static char *esc(char *o, const char *s) {
    static const char h[] = "0123456789ABCDEF";
    for (; *s; s++) {
        unsigned char c = *s;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
            c == '.')
            *o++ = c;
        else if (c == ' ')
            *o++ = '+';
        else {
            *o++ = '%';
            *o++ = h[c >> 4];
            *o++ = h[c & 15];
        }
    }
    *o = 0;
    return o;
}
static int build(char *buf, size_t cap) {
    char t[2048], *o = t, body[6000];
    long i = serial++;
    int u = rnd() % users;
    for (const char *s = text; *s && o < t + 1900;) {
        if (!strncmp(s, "{i}", 3)) {
            o += sprintf(o, "%llx.%ld", (unsigned long long)runid, i);
            s += 3;
        } else if (!strncmp(s, "{u}", 3)) {
            o += sprintf(o, "%d", u);
            s += 3;
        } else if (!strncmp(s, "{r}", 3)) {
            o += sprintf(o, "%d", (int)(rnd() % loans));
            s += 3;
        } else
            *o++ = *s++;
    }
    *o = 0;
    char *b = body;
    b += sprintf(b,
                 "token=unused&team_id=T0SANDBOX&team_domain=lender&channel_id=C%07d&channel_name=desk&user_id=U%07d&user_"
                 "name=agent%d&command=",
                 u, u, u);
    b = esc(b, cmd);
    b += sprintf(b, "&text=");
    b = esc(b, t);
    b += sprintf(b,
                 "&api_app_id=A0001&is_enterprise_install=false&response_url=https%%3A%%2F%%2Fhooks.slack.com%%"
                 "2Fcommands%%2FT0SANDBOX%%2F%ld%%2Funused&trigger_id=%llx.%ld.%016llx",
                 i, (unsigned long long)runid, i, (unsigned long long)rnd());
    int bl = b - body;
    char pre[48];
    long ts = time(0);
    int pl = sprintf(pre, "v0:%ld:", ts);
    sha a = hin, c = hout;
    uint8_t d[32];
    sup(&a, pre, pl);
    sup(&a, body, bl);
    sfin(&a, d);
    sup(&c, d, 32);
    sfin(&c, d);
    char hx[65];
    for (int k = 0; k < 32; k++)
        sprintf(hx + 2 * k, "%02x", d[k]);
    return snprintf(buf, cap,
                    "POST %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: Slackbot 1.0 "
                    "(+https://api.slack.com/robots)\r\nAccept-Encoding: gzip,deflate\r\nAccept: "
                    "application/json,*/*\r\nX-Slack-Signature: v0=%s\r\nX-Slack-Request-Timestamp: "
                    "%ld\r\nContent-Length: %d\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n%s",
                    path, host, port, hx, ts, bl, body);
}
/* ---- connections ---- */
typedef struct {
    int fd, busy, fresh, in, outn, outp;
    uint64_t t0;
    char out[8192], buf[65536];
} conn;
static int ep;
static struct sockaddr_in sa;
static conn *cs;
static int *idle, nidle;
static uint32_t *lat;
static size_t nlat, clat;
static long errs, conerr, inflight, late, lost, timely;
static char sample[300];
static uint64_t tm0, tend;
static void dial(conn *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, 4);
    if (connect(c->fd, (void *)&sa, sizeof sa) && errno != EINPROGRESS) {
        perror("connect");
        exit(2);
    }
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
    c->fresh = 1;
    c->in = 0;
}
static void redial(conn *c) {
    close(c->fd);
    dial(c);
}
static void flush(conn *c) {
    while (c->outp < c->outn) {
        ssize_t k = write(c->fd, c->out + c->outp, c->outn - c->outp);
        if (k < 0)
            return;
        c->outp += k;
    }
}
static void fire(conn *c, uint64_t t0) {
    c->outn = build(c->out, sizeof c->out);
    c->outp = 0;
    c->in = 0;
    c->busy = 1;
    c->t0 = t0;
    inflight++;
    flush(c);
}
static void note(const char *why, conn *c) {
    errs++;
    if (!*sample) {
        snprintf(sample, sizeof sample, "%s: %.200s", why, c->in ? c->buf : "");
        for (char *p = sample; *p; p++)
            if (*p == '\r' || *p == '\n' || *p == '"' || *p == '\\')
                *p = ' ';
    }
}
static void waited(uint64_t from, uint64_t to) {
    if (nlat == clat) {
        clat = clat ? clat * 2 : 1 << 20;
        lat = realloc(lat, clat * 4);
    }
    uint64_t us = (to - from) / 1000;
    lat[nlat++] = us > 4000000000u ? 4000000000u : us;
}
static void finish(conn *c, int bad) {
    uint64_t t = now();
    inflight--;
    c->busy = 0;
    if (bad)
        return;
    if (t >= tm0 && t <= tend)
        timely++;
    if (c->t0 < tm0)
        return;
    waited(c->t0, t);
    if (t - c->t0 > SLACK_GIVES_UP)
        late++;
}
static uint64_t arrival(void) {
    return (uint64_t)(-log((double)((rnd() >> 11) + 1) / 9007199254740993.0) * 1e9 / rate);
}
/* returns 1 when a whole response is in buf */
static int complete(conn *c, char **body, int *bl, int *st, int *closing, int eof) {
    c->buf[c->in] = 0;
    char *h = strstr(c->buf, "\r\n\r\n");
    if (!h)
        return 0;
    *st = atoi(c->buf + 9);
    char sv = h[2];
    h[2] = 0;
    char *cl = strcasestr(c->buf, "\r\ncontent-length:"), *ch = strcasestr(c->buf, "\r\ntransfer-encoding: chunked");
    *closing = strcasestr(c->buf, "\r\nconnection: close") != 0;
    h[2] = sv;
    *body = h + 4;
    int have = c->in - (h + 4 - c->buf);
    if (cl) {
        *bl = atoi(cl + 17);
        return have >= *bl;
    }
    if (ch) {
        *bl = have;
        if (have >= 5 && !memcmp(*body, "0\r\n\r\n", 5))
            *bl = 0;
        return have >= 5 && !memcmp(c->buf + c->in - 5, "0\r\n\r\n", 5);
    }
    *bl = have;
    return eof || *st == 204;
}
static int cmpu(const void *a, const void *b) {
    uint32_t x = *(uint32_t *)a, y = *(uint32_t *)b;
    return x < y ? -1 : x > y;
}
static double pc(double p) {
    if (!nlat)
        return 0;
    size_t i = (size_t)ceil(p * nlat);
    if (i)
        i--;
    return lat[i] / 1000.0;
}
static void usage(void) {
    fputs("slackload -p PORT -s SECRET (-c CONNECTIONS | -r RATE) [-d SECONDS] [-w WARM_SECONDS]\n  [-C /command] [-t "
          "'text with {u}ser, {r}andom and {i}d'] [-U USERS] [-R RANDOM_BELOW] [-e SUBSTRING_OF_ANSWER]\n",
          stderr);
    exit(2);
}
int main(int ac, char **av) {
    int o;
    while ((o = getopt(ac, av, "p:c:r:d:w:s:C:t:e:U:R:")) != -1)
        switch (o) {
        case 'p':
            port = atoi(optarg);
            break;
        case 'c':
            conc = atoi(optarg);
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 'd':
            dur = atof(optarg);
            break;
        case 'w':
            warm = atof(optarg);
            break;
        case 's':
            secret = optarg;
            break;
        case 'C':
            cmd = optarg;
            break;
        case 't':
            text = optarg;
            break;
        case 'e':
            want = optarg;
            break;
        case 'U':
            users = atoi(optarg);
            break;
        case 'R':
            loans = atoi(optarg);
            break;
        default:
            usage();
        }
    hkey(secret);
    sa.sin_family = AF_INET;
    sa.sin_port = htons(port);
    if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
        usage();
    runid = now() ^ ((uint64_t)getpid() << 40);
    rs ^= runid;
    for (int i = 0; i < 8; i++)
        rnd();
    ep = epoll_create1(0);
    int nc = rate > 0 ? maxconn : conc, opened = 0;
    cs = calloc(nc, sizeof *cs);
    idle = calloc(nc, sizeof(int));
    while (opened < conc) {
        dial(&cs[opened]);
        idle[nidle++] = opened++;
    }
    int tf = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (rate > 0) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = 0};
        epoll_ctl(ep, EPOLL_CTL_ADD, tf, &e);
    }
    uint64_t st = now() + (rate > 0 ? 20000000 : 0);
    tm0 = st + warm * 1e9;
    tend = tm0 + dur * 1e9;
    uint64_t due = st;
    if (rate <= 0)
        while (nidle)
            fire(&cs[idle[--nidle]], now());
    struct epoll_event ev[256];
    for (;;) {
        uint64_t t = now();
        if (t >= tend && inflight == 0 && (rate <= 0 || due >= tend))
            break;
        if (t > tend + PATIENCE)
            break;
        int to = 100;
        if (rate > 0 && (due < tend)) {
            while (due <= t && (nidle || opened < nc) && due < tend) {
                if (!nidle) {
                    dial(&cs[opened]);
                    idle[nidle++] = opened++;
                }
                fire(&cs[idle[--nidle]], due);
                due += arrival();
                t = now();
            }

            if ((nidle || opened < nc) && due < tend) {
                struct itimerspec its = {.it_value = {due / 1000000000ull, due % 1000000000ull}};
                timerfd_settime(tf, TFD_TIMER_ABSTIME, &its, 0);
            }
        }
        int n = epoll_wait(ep, ev, 256, to);
        for (int k = 0; k < n; k++) {
            conn *c = ev[k].data.ptr;
            if (!c) {
                uint64_t x;
                if (read(tf, &x, 8)) {
                }
                continue;
            }
            if (ev[k].events & (EPOLLERR)) {
                if (c->busy) {
                    conerr++;
                    note("socket error", c);
                    finish(c, 1);
                    idle[nidle++] = c - cs;
                }
                if (conerr > 5000) {
                    fputs("too many socket errors\n", stderr);
                    exit(2);
                }
                redial(c);
            } else {
                if (ev[k].events & EPOLLOUT && c->busy)
                    flush(c);
                if (ev[k].events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) {
                    int eof = 0;
                    for (;;) {
                        ssize_t r = read(c->fd, c->buf + c->in, sizeof c->buf - 1 - c->in);
                        if (r > 0) {
                            c->in += r;
                            c->fresh = 0;
                        } else {
                            eof = r == 0 || (errno != EAGAIN);
                            break;
                        }
                    }
                    char *b;
                    int bl, s, cl = 0;
                    if (c->busy && c->in && complete(c, &b, &bl, &s, &cl, eof)) {
                        int bad = 0;
                        b[bl] = 0;
                        if (s != status_want) {
                            bad = 1;
                            note("status", c);
                        } else if (want && !strstr(b, want)) {
                            bad = 1;
                            note("body", c);
                        }
                        finish(c, bad);
                        idle[nidle++] = c - cs;
                        if (eof || cl)
                            redial(c);
                    } else if (eof) {
                        if (c->busy) {
                            if (c->in == 0 && !c->fresh) {
                                redial(c);
                                c->outp = 0;
                                continue;
                            }
                            note("closed early", c);
                            finish(c, 1);
                            idle[nidle++] = c - cs;
                        }
                        redial(c);
                    }
                }
            }
            if (rate <= 0) {
                t = now();
                while (nidle && (t < tend)) {
                    fire(&cs[idle[--nidle]], t);
                }
            }
        }
    }
    uint64_t gave_up = now();
    for (int i = 0; i < opened; i++)
        if (cs[i].busy && cs[i].t0 >= tm0) {
            waited(cs[i].t0, gave_up);
            lost++;
        }
    for (; rate > 0 && due < tend; due += arrival())
        if (due >= tm0) {
            waited(due, gave_up);
            lost++;
        }
    if (nlat)
        qsort(lat, nlat, 4, cmpu);
    printf("{\"rate\":%.1f,\"answered\":%ld,\"failed\":%ld,\"late\":%ld,\"lost\":%ld,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,"
           "\"sample\":\"%s\"}\n",
           timely / ((tend - tm0) / 1e9), (long)nlat - lost, errs, late, lost, pc(.5), pc(.99), pc(1), sample);
    return 0;
}
