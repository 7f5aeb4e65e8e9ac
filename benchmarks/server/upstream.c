/* A token endpoint that costs next to nothing, on a free loopback port:
 *
 *   upstream DELAY_SECONDS [SESSIONS]
 *
 * Whatever is asked, the answer is the next token: 2,400 characters (observed: 2,462 to 2,578) that
 * begin with its number, so that load.c can tell each from every other. With SESSIONS, /v1/sessions
 * lists so many of the last hours in pages of 200, at once; the first of them still goes on, so that
 * whoever reads the list again has to read it to its end. Linux; one thread.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TOKEN_CHARACTERS = 2400, NUMBER_DIGITS = 12, MAX_CONNECTIONS = 16384, MAX_PENDING = 65536 };
/* Shorter than the longest session there is: beyond it, what goes on is no longer believed. */
enum { PAGE_SESSIONS = 200, SESSION_CHARACTERS = 320, LIST_SECONDS = 10000 };

/* An answer that is due later. The delay is the same for all, so they are due in order. */
struct pending {
  double due;
  int connection;
  unsigned opened;
};

static struct pending queue[MAX_PENDING];
static unsigned first_pending, after_pending;
/* How often a descriptor was opened: an answer for a connection that has ended goes to nobody. */
static unsigned opened[MAX_CONNECTIONS];
/* How much of "\r\n\r\n", the end of a request's head, was read last; requests have no body. */
static unsigned matched[MAX_CONNECTIONS];
static unsigned long number;
static unsigned session_count;
static time_t started_at;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void answer(int connection) {
  static char text[4096];
  static char *digits;
  static size_t length;
  if (length == 0) {
    const char *before = "{\"token\":\"", *after = "\",\"expires_in_seconds\":60}";
    length = sprintf(text,
                     "HTTP/1.1 200 OK\r\n"
                     "date: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
                     "content-type: application/json\r\n"
                     "content-length: %zu\r\n"
                     "cache-control: no-store\r\n"
                     "x-request-id: 00000000-0000-0000-0000-000000000000\r\n"
                     "connection: keep-alive\r\n\r\n%s",
                     strlen(before) + TOKEN_CHARACTERS + strlen(after), before);
    digits = text + length;
    memset(digits, 'A', TOKEN_CHARACTERS);
    length += TOKEN_CHARACTERS;
    length += sprintf(text + length, "%s", after);
  }
  unsigned long rest = ++number;
  for (int digit = NUMBER_DIGITS - 1; digit >= 0; digit--, rest /= 10) digits[digit] = '0' + rest % 10;
  send(connection, text, length, MSG_NOSIGNAL);
}

/* Send all of it, however long that takes: pages are larger than what a socket holds. */
static void send_all(int connection, const char *text, size_t length) {
  while (length > 0) {
    ssize_t sent = send(connection, text, length, MSG_NOSIGNAL);
    if (sent < 0) {
      struct pollfd writable = {.fd = connection, .events = POLLOUT};
      if (poll(&writable, 1, 1000) <= 0) return;
      sent = 0;
    }
    text += sent;
    length -= sent;
  }
}

/* Answer with the page of the list that begins with a session, the newest being the first. */
static void list(int connection, unsigned first) {
  static char body[PAGE_SESSIONS * SESSION_CHARACTERS + 200];
  char head[200], began[32], ended[32], date[64];
  size_t length = sprintf(body, "{\"sessions\":[");
  unsigned i = first;
  for (; i < session_count && i < first + PAGE_SESSIONS; i++) {
    int seconds = 30 + i % 200;
    time_t at = started_at - 300 - (time_t)((double)i * LIST_SECONDS / session_count);
    time_t over = at + seconds;
    strftime(began, sizeof began, "%Y-%m-%dT%H:%M:%S.123456Z", gmtime(&at));
    strftime(ended, sizeof ended, "%Y-%m-%dT%H:%M:%S.123456Z", gmtime(&over));
    length += sprintf(body + length,
                      "%s{\"id\":\"sess_%032x\",\"agent_id\":null,\"created_at\":\"%s\",",
                      i == first ? "" : ",", i, began);
    if (i == session_count - 1)
      length += sprintf(body + length, "\"status\":\"created\",\"public_close_reason\":null,"
                                       "\"duration_seconds\":null,\"ended_at\":null}");
    else
      length += sprintf(body + length,
                        "\"status\":\"completed\",\"public_close_reason\":\"client_end\","
                        "\"duration_seconds\":%d.25,\"ended_at\":\"%s\"}",
                        seconds, ended);
  }
  length += sprintf(body + length, "],\"has_more\":%s", i < session_count ? "true" : "false");
  if (i < session_count)
    length += sprintf(body + length, ",\"response_metadata\":{\"next_cursor\":\"%u\"}}", i);
  else
    length += sprintf(body + length, ",\"response_metadata\":{\"next_cursor\":null}}");
  time_t at = time(NULL);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&at));
  send_all(connection, head,
           sprintf(head,
                   "HTTP/1.1 200 OK\r\ndate: %s\r\ncontent-type: application/json\r\n"
                   "content-length: %zu\r\nconnection: keep-alive\r\n\r\n",
                   date, length));
  send_all(connection, body, length);
}

/* Read what came; answer each complete request, or note when its answer is due. */
static void serve(int connection, double delay_seconds) {
  char text[8192];
  ssize_t length = recv(connection, text, sizeof text - 1, 0);
  if (length <= 0) {
    close(connection);
    opened[connection]++;
    return;
  }
  text[length] = 0;
  /* Whoever reads the list asks for a page at a time, which comes in one piece. */
  if (session_count > 0 && strncmp(text, "GET /v1/sessions?", 17) == 0) {
    const char *cursor = strstr(text, "cursor=");
    list(connection, cursor ? strtoul(cursor + 7, NULL, 10) : 0);
    return;
  }
  for (ssize_t i = 0; i < length; i++) {
    if (text[i] != "\r\n\r\n"[matched[connection]++]) matched[connection] = text[i] == '\r';
    if (matched[connection] < 4) continue;
    matched[connection] = 0;
    if (delay_seconds == 0) {
      answer(connection);
    } else if (after_pending - first_pending < MAX_PENDING) {
      queue[after_pending++ % MAX_PENDING] =
          (struct pending){now() + delay_seconds, connection, opened[connection]};
    }
  }
}

/* Give the answers that are due; return the milliseconds until the next one, or -1. */
static int answer_pending(void) {
  for (; first_pending != after_pending; first_pending++) {
    struct pending *next = &queue[first_pending % MAX_PENDING];
    double wait_seconds = next->due - now();
    if (wait_seconds > 0) return wait_seconds * 1000 + 1;
    if (next->opened == opened[next->connection]) answer(next->connection);
  }
  return -1;
}

int main(int count, char **words) {
  if (count != 2 && count != 3)
    return fprintf(stderr, "usage: upstream DELAY_SECONDS [SESSIONS]\n"), 2;
  double delay_seconds = atof(words[1]);
  session_count = count == 3 ? strtoul(words[2], NULL, 10) : 0;
  started_at = time(NULL);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), events_of = epoll_create1(0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096) ||
      getsockname(listener, (struct sockaddr *)&address, &size))
    return perror("upstream"), 1;
  printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);

  struct epoll_event events[256] = {{.events = EPOLLIN, .data.fd = listener}};
  epoll_ctl(events_of, EPOLL_CTL_ADD, listener, events);
  for (;;) {
    int ready = epoll_wait(events_of, events, 256, answer_pending());
    for (int i = 0; i < ready; i++) {
      int connection = events[i].data.fd, on = 1;
      if (connection != listener) {
        serve(connection, delay_seconds);
        continue;
      }
      connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (connection < 0) continue;
      if (connection >= MAX_CONNECTIONS) {
        close(connection);
        continue;
      }
      matched[connection] = 0;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      struct epoll_event told = {.events = EPOLLIN, .data.fd = connection};
      epoll_ctl(events_of, EPOLL_CTL_ADD, connection, &told);
    }
  }
}
