"use strict";

// Everything comes from this server: no validator elsewhere, no fonts, no pictures.
SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // Swagger UI leaves this one without a name for who cannot see what stands beside it.
  onComplete: () => document.getElementById("servers")?.setAttribute("aria-label", "Server"),
});
