"""Forms of the interfaces of providers: OpenAI's and Gemini's."""
