{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('shared', 'price_breaks') }}

)

select * from lines
