// Request in, Response out: finds the row, asks for the credential that the row names, calls the handler, and
// turns whatever was thrown into an answer and one log line. Nothing gets out of dispatch but a Response.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fcgi/request.h"
#include "fcgi/response.h"
#include "fcgi/route.h"

namespace gatehouse::fcgi {

// What dispatch needs; built once in main. `services` and the table behind `routes` outlive it.
template <class Services>
struct App {
  std::span<const Route<Services>> routes;
  Services& services;
  // Fills request.caller, or throws Error(invalid_token, invalid_client, insufficient_scope). Not called for
  // routes that are open and nothing else.
  void (*authenticate)(Request&, const Route<Services>&, Services&);
  // The body for an error; the headers that HTTP asks for are added here.
  Response (*render)(const Error&, const Request&);
  // Where set: told of every request and its answer, also of those that no row (nullptr) or no credential
  // fits. It comes before the answer goes out, so it takes no time; what does belongs into response.after.
  void (*observe)(const Request&, const Route<Services>*, Response&, std::chrono::microseconds,
                  Services&) = nullptr;
};

// What the way through the table has found so far; an error's headers need it.
struct Passage {
  std::vector<Method> allowed;  // methods of the path
  std::string_view scope;       // of the row
  bool open = false;            // the row asks for no header
};

// 400 for what is no path or carries a credential in the query; 404 for what no route can be that long.
void check_target(const Request& request);
// Whether `path` (as it came) fits; then the {} segments, decoded, are appended.
bool match(std::string_view pattern, std::string_view path,
           std::vector<std::pair<std::string_view, std::string>>& parameters);
// 204 for OPTIONS, else throws 404 or 405: no row has this method and path.
Response answer_without_row(const Request& request, const Passage& passage);
// 413 where a body counts, 400 where two Authorization headers came.
void check_row(const Request& request, Who who);
// WWW-Authenticate, Retry-After and Allow, as the error's row and the passage say.
void add_error_headers(Response& response, const Error& error, const Request& request,
                       const Passage& passage);
// Runs `work` and answers for it: one of the two places that catch (the other is db/connection).
Response answer(Request& request, Response (*render)(const Error&, const Request&),
                const std::function<Response(Passage&)>& work);
// Work that nobody waits for: what it throws is logged.
void run_detached(std::string_view what, const std::function<void()>& work);

template <class Services>
const Route<Services>* find_row(std::span<const Route<Services>> routes, Request& request, Passage& passage) {
  for (const Route<Services>& row : routes) {
    std::vector<std::pair<std::string_view, std::string>> parameters;
    if (!match(row.pattern, request.path, parameters)) continue;
    passage.allowed.push_back(row.method);
    if (row.method != request.method) continue;
    passage.scope = row.scope;
    passage.open = row.who == Who::open;
    request.route_pattern = row.pattern;
    request.path_parameters = std::move(parameters);
    return &row;
  }
  return nullptr;
}

template <class Services>
Response dispatch(const App<Services>& app, Request request) {
  const auto start = std::chrono::steady_clock::now();
  const Route<Services>* row = nullptr;
  Response response = answer(request, app.render, [&app, &request, &row](Passage& passage) {
    check_target(request);
    row = find_row(app.routes, request, passage);
    if (row == nullptr) return answer_without_row(request, passage);
    check_row(request, row->who);
    if (row->who != Who::open) app.authenticate(request, *row, app.services);
    return row->handler(request, app.services);
  });
  if (app.observe != nullptr) {
    const auto took = std::chrono::steady_clock::now() - start;
    run_detached("observe_failed", [&] {
      app.observe(request, row, response, std::chrono::duration_cast<std::chrono::microseconds>(took),
                  app.services);
    });
  }
  return response;
}

}  // namespace gatehouse::fcgi
